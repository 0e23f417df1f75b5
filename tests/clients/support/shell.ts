import { type ChildProcess, spawn } from "node:child_process";

const COMMAND_MILLISECONDS = 60_000;
const END = "@end of the command@";

/** A bash that keeps its variables and functions from one command to the next, as an operator's terminal does. */
export class Shell {
  readonly #process: ChildProcess;
  #output = "";
  #onOutput: () => void = () => {};

  constructor(environment: Readonly<Record<string, string>>, directory: string) {
    this.#process = spawn("bash", ["--noprofile", "--norc"], {
      env: environment,
      cwd: directory,
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
        this.#onOutput();
      });
  }

  /** Runs a command; gives all that it prints. Throws if it takes more than a minute. */
  async run(command: string): Promise<string> {
    this.#output = "";
    this.#process.stdin?.write(`{ ${command}\n} </dev/null 2>&1; printf '\\n${END}\\n'\n`);
    await new Promise<void>((done, fail) => {
      const timer = setTimeout(() => {
        this.end();
        fail(new Error(`not over after ${COMMAND_MILLISECONDS / 1000} s: ${command}\n${this.#output}`));
      }, COMMAND_MILLISECONDS);
      this.#onOutput = () => {
        if (!this.#output.includes(`\n${END}\n`)) return;
        clearTimeout(timer);
        done();
      };
      this.#onOutput();
    });
    return this.#output.slice(0, this.#output.indexOf(`\n${END}\n`));
  }

  end(): void {
    this.#process.kill("SIGKILL");
  }
}
