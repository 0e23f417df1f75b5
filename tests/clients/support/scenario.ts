import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssertionError } from "chai";
import type { PythonClients } from "./python-clients.ts";
import { pythonClients } from "./python-clients.ts";
import { Shell } from "./shell.ts";
import { type Started, startAsUser } from "./started.ts";
import { TAPE } from "./tape.ts";
import { isReading, matches, readTranscript } from "./transcript.ts";

/** How long a command that only looks may take to see what others have begun, in milliseconds. */
const PATIENCE_MILLISECONDS = 15_000;
const PAUSE_MILLISECONDS = 250;

/** A running system and the clients, for the tests of one suite; the suite is skipped where they cannot be had. */
export function withClients(): { started: () => Started; clients: () => PythonClients } {
  let clients: PythonClients | undefined;
  let started: Started | undefined;
  before(async function () {
    this.timeout(400_000);
    const found = await pythonClients();
    if (typeof found === "string") {
      console.log(`  skipped: ${found}`);
      this.skip();
    }
    clients = found;
    started = await startAsUser(TAPE);
  });
  after(async () => {
    await started?.stop();
  });
  const present = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("there is no running system");
    return value;
  };
  return { started: () => present(started), clients: () => present(clients) };
}

/** A suite that runs a document's commands in their order in one shell, each a test of its own. */
export function describeTranscript(title: string, file: string): void {
  describe(title, function () {
    this.timeout(90_000);
    const { started, clients } = withClients();
    const directory = mkdtempSync(join(tmpdir(), "operator-"));
    let shell: Shell | undefined;
    // What follows a command that failed mostly fails too, and need not be waited for.
    let patience = PATIENCE_MILLISECONDS;
    before(() => {
      const { environment } = started();
      const PATH = `${clients().bin}:${environment.PATH}`;
      shell = new Shell({ ...environment, PATH }, directory);
    });
    after(() => {
      shell?.end();
      rmSync(directory, { recursive: true, force: true });
    });
    for (const { heading, line, command, expected } of readTranscript(readFileSync(file, "utf8")))
      it(`${heading}, line ${line}: ${command.split("\n")[0]}`, async () => {
        const deadline = performance.now() + patience;
        let printed = (await shell?.run(command)) ?? "";
        while (!matches(expected, printed) && isReading(command) && performance.now() < deadline) {
          await new Promise((done) => setTimeout(done, PAUSE_MILLISECONDS));
          printed = (await shell?.run(command)) ?? "";
        }
        if (matches(expected, printed)) return;
        patience = 0;
        throw new AssertionError(`${command}\nprinted\n${printed}\nexpected\n${expected.join("\n")}`);
      });
  });
}
