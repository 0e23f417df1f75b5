import { createRequire } from "node:module";
import { join } from "node:path";
import type { dynamic } from "@pulumi/pulumi";
import type { Created } from "./provider.ts";
import type { Properties } from "./wire.ts";
import { plainProperties, UNKNOWN } from "./wire.ts";

const require = createRequire(import.meta.url);
const requireFromString = require("require-from-string") as (
  code: string,
  fileName: string,
) => { handler(): dynamic.ResourceProvider };

/**
 * Carries out a dynamic resource as Pulumi's own plugin for them does: its serialized provider is loaded back,
 * then its check and create are called. Throws with every failure that check reports.
 */
export async function createDynamicResource(
  inputs: Properties,
  options: { projectDirectory: string; preview: boolean },
): Promise<Created & { inputs: Properties }> {
  const plain = plainProperties(inputs);
  const code = plain.__provider;
  if (typeof code !== "string") throw new Error("carries no serialized provider");
  // The name decides from where its imports resolve.
  const provider = requireFromString(code, join(options.projectDirectory, "__provider.cjs")).handler();
  const checked = await provider.check?.({}, plain);
  const failures = (checked?.failures ?? []).map(({ property, reason }) => `${property}: ${reason}`);
  if (failures.length > 0) throw new Error(failures.join("; "));
  const news = { ...((checked?.inputs as Properties | undefined) ?? plain), __provider: code };
  if (options.preview) {
    const outputs = Object.fromEntries(Object.entries(news).map(([key, value]) => [key, value ?? UNKNOWN]));
    return { id: "", inputs: news, outputs };
  }
  const result = await provider.create(news);
  return { id: result.id, inputs: news, outputs: { ...(result.outs as Properties), __provider: code } };
}
