import { compileCondition } from "./choice.ts";
import type { Block, State } from "./definition.ts";
import { FieldError } from "./definition-problem.ts";
import { INTEGRATIONS } from "./integrations.ts";
import { isObject } from "./paths.ts";
import type { StateFields } from "./state-fields.ts";
import { compileWait } from "./wait.ts";

/** Prepares one state. Throws a FieldError for the first field that is wrong or not carried out. */
export function compileState(
  from: StateFields,
  compileBranch: (branch: unknown, place: string) => Block,
): State {
  const { name } = from;
  if (from.fields.Type === "Fail") return failState(from);
  const selecting = {
    name,
    inputPath: from.selection("InputPath"),
    outputPath: from.selection("OutputPath"),
  };
  if (from.fields.Type === "Succeed") return { type: "Succeed", ...selecting };
  if (from.fields.Type === "Choice")
    return { type: "Choice", ...selecting, rules: rulesOf(from), otherwise: defaultOf(from) };
  const leading = { ...selecting, next: from.next() };
  if (from.fields.Type === "Wait") return { type: "Wait", ...leading, until: compileWait(from) };
  const placing = {
    ...leading,
    parameters: from.template("Parameters"),
    resultPath: from.resultPath(),
  };
  if (from.fields.Type === "Pass")
    return {
      type: "Pass",
      ...placing,
      result: from.has("Result") ? { value: from.fields.Result } : undefined,
    };
  const handling = {
    ...placing,
    resultSelector: from.template("ResultSelector"),
    retriers: from.retriers(),
    catchers: from.catchers(),
  };
  if (from.fields.Type === "Task")
    return { type: "Task", ...handling, ...resourceOf(from), timeoutSeconds: timeoutOf(from) };
  if (from.fields.Type === "Map")
    return { type: "Map", ...handling, ...iterationOf(from), processor: processorOf(from, compileBranch) };
  return {
    type: "Parallel",
    ...handling,
    branches: from.list("Branches").map((branch, index) => compileBranch(branch, `Branches[${index}]`)),
  };
}

function iterationOf(from: StateFields) {
  return {
    itemsPath: from.selection("ItemsPath") ?? (() => undefined),
    itemSelector: from.template("ItemSelector"),
    maximumConcurrency: from.has("MaxConcurrency") ? from.seconds("MaxConcurrency", 0) : 0,
  };
}

function processorOf(from: StateFields, compileBranch: (branch: unknown, place: string) => Block): Block {
  const processor = from.fields.ItemProcessor;
  const { ProcessorConfig: configuration = {} } = isObject(processor) ? processor : {};
  const mode = isObject(configuration) ? (configuration.Mode ?? "INLINE") : configuration;
  if (mode !== "INLINE")
    throw new FieldError(
      "ItemProcessor/ProcessorConfig/Mode",
      `Mode is ${JSON.stringify(mode)}; carried out by the local cloud is INLINE`,
    );
  return compileBranch(processor, "ItemProcessor");
}

function rulesOf(from: StateFields) {
  return from.list("Choices").map((rule, index) => {
    const next = isObject(rule) ? rule.Next : undefined;
    if (typeof next !== "string")
      throw new FieldError(`Choices[${index}]`, "These fields are required: [Next]");
    return { holds: compileCondition(rule, `${from.name}.Choices[${index}]`), next };
  });
}

function defaultOf(from: StateFields): string | undefined {
  return from.has("Default") ? from.text("Default") : undefined;
}

function failState(from: StateFields): State {
  const either = (field: string) => {
    const path = `${field}Path`;
    if (from.has(field) && from.has(path))
      throw new FieldError(field, `allowed is either ${field} or ${path}`);
    if (!from.has(field)) return from.expression(path);
    const text = from.text(field);
    return () => text;
  };
  return { type: "Fail", name: from.name, error: either("Error"), cause: either("Cause") };
}

function timeoutOf(from: StateFields) {
  if (from.has("TimeoutSeconds") && from.has("TimeoutSecondsPath"))
    throw new FieldError("TimeoutSeconds", "allowed is either TimeoutSeconds or TimeoutSecondsPath");
  if (from.has("TimeoutSecondsPath")) return from.selection("TimeoutSecondsPath") ?? undefined;
  if (!from.has("TimeoutSeconds")) return undefined;
  const seconds = from.seconds("TimeoutSeconds", 1);
  return () => seconds;
}

function resourceOf(from: StateFields) {
  const resource = from.text("Resource");
  const integration = Object.hasOwn(INTEGRATIONS, resource) ? INTEGRATIONS[resource] : undefined;
  if (!integration)
    throw new FieldError(
      "Resource",
      `Resource is ${JSON.stringify(resource)}; carried out are ${Object.keys(INTEGRATIONS).join(", ")}`,
    );
  const [resourceType = "", action = ""] = resource.split(":").slice(5);
  return { resourceType, resource: action, integration };
}
