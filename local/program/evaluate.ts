import { setImmediate, setTimeout } from "node:timers/promises";
import { EvaluationMonitor } from "./monitor.ts";
import type { EvaluatedResource, ResourceProvider } from "./provider.ts";
import { watchRejections } from "./rejections.ts";
import { runInPulumiStack, setAllConfig, settings, state } from "./runtime.ts";
import type { Properties } from "./wire.ts";
import { plainProperties } from "./wire.ts";

export interface EvaluateOptions {
  /** The program's default export. */
  program: () => Promise<Record<string, unknown>>;
  project: string;
  stack: string;
  /** Configuration by full key, such as `trade-processing:environmentSuffix`; structured values as JSON text. */
  config: Readonly<Record<string, string>>;
  /** Resources are not created, and what only their creation could tell is unknown. */
  preview?: boolean;
  /** Dynamic resources are not carried out: their outputs are their inputs. For evaluations without effects. */
  skipDynamic?: boolean;
  projectDirectory: string;
  provider: ResourceProvider;
  onResource?: (resource: EvaluatedResource) => void;
}

export interface Evaluation {
  /** In the order of their registration. */
  resources: EvaluatedResource[];
  byUrn: ReadonlyMap<string, EvaluatedResource>;
  outputs: Properties;
  /** What went wrong, each once; empty if all went well. */
  errors: Error[];
}

/**
 * Runs a Pulumi program in this process, without the CLI: the SDK's own runtime, talking to a monitor that calls
 * the given provider. Evaluations with different configuration may run side by side.
 */
export async function evaluateProgram(options: EvaluateOptions): Promise<Evaluation> {
  const disabled = options.config["pulumi:disable-default-providers"];
  const monitor = new EvaluationMonitor({
    project: options.project,
    stack: options.stack,
    preview: options.preview ?? false,
    projectDirectory: options.projectDirectory,
    provider: options.provider,
    runDynamic: !options.skipDynamic,
    disableDefaultProviders: disabled ? (JSON.parse(disabled) as string[]) : [],
    onResource: options.onResource,
  });
  const errors: Error[] = [];
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});
  const note = (error: Error) => {
    if (!errors.includes(error)) errors.push(error);
    fail(error);
  };
  // The SDK does not hand a failed registration back to the program: it surfaces as an unhandled rejection.
  await watchRejections(note, async () => {
    try {
      await Promise.race([runProgram(options, monitor), failed]);
      // Rejections become known as unhandled only after the turn in which they happened.
      await setImmediate();
    } catch (error) {
      note(error instanceof Error ? error : new Error(String(error)));
    }
    if (errors.length > 0) await settled(monitor);
  });
  // What the provider refused is the cause; the rejections that follow from it add nothing.
  const causes = monitor.failures.length > 0 ? [...new Set(monitor.failures)] : errors;
  const stack = monitor.resources.find((each) => each.type === "pulumi:pulumi:Stack");
  return {
    resources: monitor.resources,
    byUrn: monitor.byUrn,
    outputs: plainProperties(stack?.outputs ?? {}),
    errors: causes,
  };
}

/** Until the program has ended and every resource that it declared is registered. */
async function runProgram(options: EvaluateOptions, monitor: EvaluationMonitor): Promise<void> {
  await state.withLocalStorage(async () => {
    settings.setMockOptions(
      monitor,
      options.project,
      options.stack,
      options.preview ?? false,
      "organization",
    );
    await settings.awaitFeatureSupport();
    setAllConfig({ ...options.config }, []);
    await runInPulumiStack(options.program);
    await settings.waitForRPCs();
  });
}

/** Long enough that the rejections which follow from a failed call have surfaced. */
const QUIET_MILLISECONDS = 200;

/** Waits until the program has stopped calling: what it rejects until then follows from the first failure. */
async function settled(monitor: EvaluationMonitor): Promise<void> {
  let quietSince = Date.now();
  while (Date.now() - quietSince < QUIET_MILLISECONDS) {
    if (monitor.open > 0) quietSince = Date.now();
    await setTimeout(QUIET_MILLISECONDS / 10);
  }
}
