/** The parts of the SDK's runtime that an in-process evaluation needs, with types for those that declare none. */
import * as configModule from "@pulumi/pulumi/runtime/config.js";
import * as settingsModule from "@pulumi/pulumi/runtime/settings.js";
import { runInPulumiStack } from "@pulumi/pulumi/runtime/stack.js";
import * as stateModule from "@pulumi/pulumi/runtime/state.js";

interface State {
  /** Runs work with a store of its own, so that evaluations do not see each other. */
  withLocalStorage<T>(work: () => Promise<T>): Promise<T>;
}
interface Settings {
  setMockOptions(
    monitor: unknown,
    project: string,
    stack: string,
    preview: boolean,
    organization: string,
  ): void;
  awaitFeatureSupport(): Promise<void>;
  waitForRPCs(): Promise<void>;
}

export const state = stateModule as unknown as State;
export const settings = settingsModule as unknown as Settings;
export const setAllConfig = configModule.setAllConfig;
export { runInPulumiStack };
