/** Evaluates the program of another folder, which is the working directory, and prints its snapshot as JSON. */
import { write } from "../../ops/frame/output.ts";
import { evaluateFolder } from "./evaluate.ts";
import { type Snapshot, snapshotOf } from "./snapshot.ts";

const [directory = "", stack = ""] = process.argv.slice(2);
try {
  const evaluation = await evaluateFolder(directory, stack, { isTolerant: true });
  const nothing: Snapshot = { stack, resources: [], outputs: {} };
  await write(process.stdout, JSON.stringify(evaluation ? snapshotOf(stack, evaluation) : nothing));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
