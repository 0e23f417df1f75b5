import { createRequire } from "node:module";
import type { Policies } from "@pulumi/policy";
import analyzer from "@pulumi/pulumi/proto/analyzer_pb.js";
import structures from "google-protobuf/google/protobuf/struct_pb.js";

/** A resource as the engine would describe it to a policy pack. */
export interface AnalyzedResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly provider?: { readonly urn: string };
  readonly protect: boolean;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly ignoreChanges: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
}

export interface PolicyResult {
  readonly policy: string;
  readonly urn: string;
  readonly message: string;
  readonly level: "advisory" | "mandatory" | "disabled" | "remediate";
}

type Analysis<Request> = (
  call: { request: Request },
  callback: (error: Error | null | undefined, response?: analyzer.AnalyzeResponse) => void,
) => void;
type MakeAnalysis<Request> = (
  name: string,
  version: string,
  level: string,
  policies: Policies,
) => Analysis<Request>;

/** The functions that Pulumi's own policy server answers the engine with; its typings leave them out. */
const { makeAnalyzeRpcFun, makeAnalyzeStackRpcFun } = createRequire(import.meta.url)(
  "@pulumi/policy/server",
) as {
  makeAnalyzeRpcFun: MakeAnalysis<analyzer.AnalyzeRequest>;
  makeAnalyzeStackRpcFun: MakeAnalysis<analyzer.AnalyzeStackRequest>;
};

const LEVELS = ["advisory", "mandatory", "disabled", "remediate"] as const;

/**
 * Runs a pack's policies over a stack's resources with the real analyzer's code, without a CLI and without a process:
 * each resource by itself, as before it is made, then all together.
 */
export async function analyze(
  pack: { name: string; policies: Policies },
  resources: readonly AnalyzedResource[],
): Promise<PolicyResult[]> {
  const byUrn = new Map(resources.map((resource) => [resource.urn, resource]));
  const each = makeAnalyzeRpcFun(pack.name, "0.0.0", "mandatory", pack.policies);
  const all = makeAnalyzeStackRpcFun(pack.name, "0.0.0", "mandatory", pack.policies);
  const results: PolicyResult[] = [];
  for (const resource of resources) results.push(...(await answer(each, single(resource, byUrn))));
  const request = new analyzer.AnalyzeStackRequest();
  request.setResourcesList(resources.map((resource) => message(resource, byUrn)));
  return [...results, ...(await answer(all, request))];
}

async function answer<Request>(analysis: Analysis<Request>, request: Request): Promise<PolicyResult[]> {
  const response = await new Promise<analyzer.AnalyzeResponse>((resolve, reject) => {
    analysis({ request }, (error, answered) =>
      answered ? resolve(answered) : reject(error ?? new Error("The analyzer gave no answer")),
    );
  });
  return response.getDiagnosticsList().map((diagnostic) => ({
    policy: diagnostic.getPolicyname(),
    urn: diagnostic.getUrn(),
    message: diagnostic.getMessage(),
    level: LEVELS[diagnostic.getEnforcementlevel()] ?? "mandatory",
  }));
}

/** A resource by itself: the engine tells its inputs only, since the rest is not there before it is made. */
function single(
  resource: AnalyzedResource,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): analyzer.AnalyzeRequest {
  const result = new analyzer.AnalyzeRequest();
  result.setUrn(resource.urn);
  result.setType(resource.type);
  result.setName(resource.name);
  result.setProperties(struct(resource.inputs));
  result.setOptions(optionsOf(resource));
  const provider = resource.provider && byUrn.get(resource.provider.urn);
  if (provider) result.setProvider(providerMessage(provider));
  return result;
}

function optionsOf({ protect, ignoreChanges, parent }: AnalyzedResource): analyzer.AnalyzerResourceOptions {
  const options = new analyzer.AnalyzerResourceOptions();
  options.setProtect(protect);
  options.setIgnorechangesList([...ignoreChanges]);
  if (parent !== undefined) options.setParent(parent);
  return options;
}

function message(
  resource: AnalyzedResource,
  byUrn: ReadonlyMap<string, AnalyzedResource>,
): analyzer.AnalyzerResource {
  const result = new analyzer.AnalyzerResource();
  result.setUrn(resource.urn);
  result.setType(resource.type);
  result.setName(resource.name);
  result.setProperties(struct({ ...resource.inputs, ...resource.outputs }));
  result.setDependenciesList([...resource.dependencies]);
  for (const [property, urns] of Object.entries(resource.propertyDependencies)) {
    const dependencies = new analyzer.AnalyzerPropertyDependencies();
    dependencies.setUrnsList([...urns]);
    result.getPropertydependenciesMap().set(property, dependencies);
  }
  if (resource.parent !== undefined) result.setParent(resource.parent);
  result.setOptions(optionsOf(resource));
  const provider = resource.provider && byUrn.get(resource.provider.urn);
  if (provider) result.setProvider(providerMessage(provider));
  return result;
}

function providerMessage({ urn, type, name, inputs }: AnalyzedResource): analyzer.AnalyzerProviderResource {
  const result = new analyzer.AnalyzerProviderResource();
  result.setUrn(urn);
  result.setType(type);
  result.setName(name);
  result.setProperties(struct(inputs));
  return result;
}

/** Key and value that mark a reference to a resource in the properties of another (Pulumi's wire protocol). */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const RESOURCE_SIGNATURE = "5cf8f73096256a8f31e491e813e4eb8e";

/** Through JSON first: a Struct cannot hold `undefined`. References become ids, as the engine sends them to packs. */
function struct(properties: Readonly<Record<string, unknown>>): structures.Struct {
  return structures.Struct.fromJavaScript(JSON.parse(JSON.stringify(properties, withoutReference)));
}

function withoutReference(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { [SIGNATURE_KEY]: signature, id, urn } = value as Record<string, unknown>;
  return signature === RESOURCE_SIGNATURE ? (id ?? urn) : value;
}
