import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { expect } from "chai";
import { terminalConfirmation } from "../../ops/frame/confirmation.ts";
import { UsageError } from "../../ops/frame/usage.ts";
import { checkWritable } from "../../ops/frame/write-whole.ts";
import { reconcileCommand } from "../../ops/reconcile/command.ts";

describe("asking for a confirmation", () => {
  const { signal } = new AbortController();

  /** What comes of a question when this is typed, on a terminal or into a pipe, before the input ends. */
  function asked(typed: string, isTTY: boolean, isEnded = true): Promise<boolean> {
    const [input, output] = [new PassThrough(), new PassThrough()].map((each) =>
      Object.assign(each, { isTTY }),
    );
    if (!input || !output) throw new Error("no streams");
    output.resume();
    const answer = terminalConfirmation(input, output).ask("Write this? ", signal);
    if (isEnded) input.end(typed);
    else input.write(typed);
    return answer;
  }

  it("takes the whole word for yes, and nothing else", async () => {
    for (const isTTY of [true, false]) {
      expect(await asked("yes\n", isTTY)).to.equal(true);
      expect(await asked(" yes \n", isTTY)).to.equal(true);
      for (const other of ["y\n", "YES\n", "\n", "no\nyes\n"])
        expect(await asked(other, isTTY)).to.equal(false);
    }
  });

  it("takes an end of the input for no", async () => {
    expect(await asked("", false)).to.equal(false);
    expect(await asked("", true)).to.equal(false);
    expect(await asked("yes", false), "no line").to.equal(false);
    expect(await asked("\u0004", true, false), "Ctrl-D").to.equal(false);
    expect(await asked("\u0003", true, false), "Ctrl-C").to.equal(false);
  });

  it("ends when the operator interrupts", async () => {
    const interrupt = new AbortController();
    const [input, output] = [new PassThrough(), new PassThrough()];
    const answer = terminalConfirmation(input, output).ask("Write this? ", interrupt.signal);
    interrupt.abort();
    const error = await answer.catch((thrown: unknown) => thrown);
    expect(error).to.have.property("name", "AbortError");
  });

  it("is possible where both input and output are a terminal", () => {
    const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });
    expect(terminalConfirmation(stream(true), stream(true)).isTerminal).to.equal(true);
    expect(terminalConfirmation(stream(true), stream(false)).isTerminal).to.equal(false);
    expect(terminalConfirmation(stream(false), stream(true)).isTerminal).to.equal(false);
  });
});

describe("a report's file", () => {
  const directory = mkdtempSync(join(tmpdir(), "report-file-"));
  after(() => rmSync(directory, { recursive: true }));

  const refusal = async (file: string) => {
    const error = await checkWritable("report", file).catch((thrown: unknown) => thrown);
    expect(error, file)
      .to.be.instanceOf(UsageError)
      .and.have.property("message", `--report: "${file}" must be a file that can be written`);
  };

  it("is found writable without a trace", async () => {
    const [fresh, known] = [join(directory, "fresh.md"), join(directory, "known.md")];
    writeFileSync(known, "before");
    for (const file of [fresh, known]) await checkWritable("report", file);
    expect(readdirSync(directory)).to.deep.equal(["known.md"]);
    expect(readFileSync(known, "utf8")).to.equal("before");
  });

  it("must be in a folder that there is and may be written to, and be none itself", async () => {
    await refusal(join(directory, "none", "report.md"));
    await refusal(join(directory, "known.md", "report.md"));
    await refusal(join(directory, `${"x".repeat(300)}.md`));
    mkdirSync(join(directory, "folder.md"));
    await refusal(join(directory, "folder.md"));
    if (process.getuid?.() === 0) return;
    mkdirSync(join(directory, "closed"));
    chmodSync(join(directory, "closed"), 0o500);
    await refusal(join(directory, "closed", "report.md"));
  });

  it("is checked before any system is asked, with or without a blotter", async () => {
    const { prepare } = reconcileCommand({
      isTerminal: false,
      ask: () => Promise.reject(new Error("asked")),
    });
    const report = join(directory, "none", "report.md");
    for (const options of [
      { mend: "true", yes: "true", report },
      { blotter: "none.csv", report },
    ]) {
      const error = await prepare({ words: [], options }).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UsageError);
    }
  });
});
