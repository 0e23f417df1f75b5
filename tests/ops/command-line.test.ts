import { expect } from "chai";
import { COMMANDS } from "../../ops/commands.ts";
import { parseCommandLine, usage } from "../../ops/frame/command-line.ts";
import { UsageError } from "../../ops/frame/usage.ts";

const parse = (line: string) => parseCommandLine(line.split(" ").filter(Boolean), COMMANDS);
const EXPORT = "export --local --tape t.jsonl --from 2026-01-02T14:30:00Z --to 2026-01-02T15:00:00Z";

describe("the operator's command line", () => {
  it("names the system in one of three ways", () => {
    expect(parse("send t.jsonl --local")?.target).to.deep.equal({ kind: "local", port: 4566 });
    expect(parse("send t.jsonl --local --port 81")?.target).to.deep.equal({ kind: "local", port: 81 });
    expect(parse("send t.jsonl --stack prod")?.target).to.deep.equal({ kind: "stack", stack: "prod" });
    expect(parse("--outputs o.json send t.jsonl")?.target).to.deep.equal({ kind: "outputs", file: "o.json" });
  });

  it("gives a command its words and options", () => {
    const line = parse("send t.jsonl --local --region eu-west-1 --json");
    expect(line?.given).to.deep.equal({ words: ["t.jsonl"], options: { region: "eu-west-1" } });
    expect(line?.json).to.equal(true);
    expect(line?.command).to.equal(COMMANDS.send);
  });

  it("shows every command when asked for help, or for nothing", () => {
    expect(parse("")).to.equal(undefined);
    expect(parse("send --help")).to.equal(undefined);
    for (const name of Object.keys(COMMANDS))
      expect(usage(COMMANDS)).to.match(new RegExp(`^  ${name} `, "m"));
  });

  const mistakes: [string, RegExp][] = [
    [
      "sned t.jsonl --local",
      /"sned" must be one of the commands send, status, census, export, redrive, replay, failover, reconcile; --help/,
    ],
    ["--local", /"" must be one of the commands/],
    ["toString --local", /"toString" must be one of the commands/],
    ["send --local", /FILE is missing: send takes FILE/],
    ["send a b --local", /"b" is one word too many: send takes FILE/],
    ["send t.jsonl", /one system must be named: --local, --stack NAME or --outputs FILE/],
    ["send t.jsonl --local --stack dev", /one system must be named/],
    ["send t.jsonl --stack dev --port 1", /--port goes with --local only/],
    ["send t.jsonl --local --port 70000", /--port: "70000" must be a whole number from 0 to 65535/],
    ["send t.jsonl --local --tape x", /--tape is not an option of send/],
    ["send t.jsonl --locl", /'--locl'/],
  ];
  for (const [line, message] of mistakes)
    it(`refuses \`${line}\``, () => expect(() => parse(line)).to.throw(UsageError, message));

  const exportMistakes: [string, RegExp][] = [
    [EXPORT.replace("--tape t.jsonl", ""), /--tape must be given/],
    [EXPORT.replace("14:30:00Z", "14:30"), /--from: "2026-01-02T14:30" must be an ISO 8601 time/],
    [EXPORT.replace("15:00:00Z", "14:30:00Z"), /--to: "2026-01-02T14:30:00Z" must be later than --from/],
    [EXPORT.replace("t.jsonl", "tests"), /--tape: "tests" must be a file/],
  ];
  for (const [line, message] of exportMistakes)
    it(`refuses \`${line}\``, async () => {
      const parsed = parse(line);
      const error = await parsed?.command.prepare(parsed.given).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(UsageError);
      expect((error as Error).message).to.match(message);
    });
});
