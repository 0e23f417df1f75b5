import { watchOutput } from "./output.ts";
import { UsageError } from "./usage.ts";

export const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** As shells report an end by SIGINT. */
export const EXIT_INTERRUPTED = 130;

/** A program of this project's command line. */
export interface Program<Options> {
  /** How it is called, before its errors. */
  readonly name: string;
  readonly usage: string;
  /** Undefined if help was asked for. Throws UsageError. */
  parse(words: readonly string[]): Options | undefined;
  /** Gives the exit code. The signal aborts when the user interrupts, or nobody reads its output any more. */
  run(options: Options, signal: AbortSignal): Promise<number>;
}

/** Carries out a program with the command line of this process, and ends the process. A mistake gives no stack trace. */
export async function runProgram<Options>({ name, usage, parse, run }: Program<Options>): Promise<never> {
  const interrupt = new AbortController();
  const output = watchOutput(() => interrupt.abort());
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => interrupt.abort());
  const main = async (): Promise<number> => {
    try {
      const options = parse(process.argv.slice(2));
      if (options !== undefined) return await run(options, interrupt.signal);
      console.log(usage);
      return 0;
    } catch (error) {
      console.error(`${name}: ${(error as Error).message}`);
      return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
    }
  };
  const code = await main();
  await output.flush();
  process.exit(output.isLost ? EXIT_FAILED : code);
}
