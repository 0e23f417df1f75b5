import resource from "@pulumi/pulumi/proto/resource_pb.js";
import { createDynamicResource } from "./dynamic.ts";
import type { EvaluatedResource, ProviderContext, ResourceProvider } from "./provider.ts";
import { parseReference, type Registration, registrationOf } from "./registration.ts";
import type { Properties } from "./wire.ts";
import { fromStruct, plainProperties, toStruct } from "./wire.ts";

export interface MonitorOptions {
  project: string;
  stack: string;
  preview: boolean;
  projectDirectory: string;
  provider: ResourceProvider;
  /** Whether dynamic resources are carried out; if not, their outputs are their inputs. */
  runDynamic: boolean;
  /** Packages whose default provider is disabled; `*` for all. */
  disableDefaultProviders: readonly string[];
  onResource?: ((resource: EvaluatedResource) => void) | undefined;
}

type Callback<Response> = (error: unknown, response?: Response) => void;

interface Registered {
  urn: string;
  id: string;
  outputs: Properties;
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/**
 * Stands where the engine's resource monitor stands, for a program evaluated in this process: computes URNs,
 * resolves providers, asks the resource provider, and keeps what was registered in order.
 */
export class EvaluationMonitor {
  readonly resources: EvaluatedResource[] = [];
  readonly byUrn = new Map<string, EvaluatedResource>();
  readonly failures: Error[] = [];
  readonly #options: MonitorOptions;
  #open = 0;

  constructor(options: MonitorOptions) {
    this.#options = options;
  }

  getDeploymentInfo(_request: unknown, callback: Callback<resource.DeploymentInfo>): void {
    const { ResourceMonitorFeature: feature } = resource;
    const info = new resource.DeploymentInfo();
    info.setSupportedfeaturesList([
      feature.RESOURCE_MONITOR_FEATURE_SECRETS,
      feature.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
      feature.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
      feature.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
      feature.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    ]);
    callback(null, info);
  }

  supportsFeature(request: resource.SupportsFeatureRequest, callback: Callback<unknown>): void {
    callback(null, { getHassupport: () => request.getId() !== "outputValues" });
  }

  registerPackage(_request: unknown, callback: Callback<resource.RegisterPackageResponse>): void {
    const response = new resource.RegisterPackageResponse();
    response.setRef("in-process");
    callback(null, response);
  }

  registerResource(
    request: resource.RegisterResourceRequest,
    callback: Callback<resource.RegisterResourceResponse>,
  ): void {
    this.#answer(callback, async () => {
      const registered = await this.#register(registrationOf(request));
      const response = new resource.RegisterResourceResponse();
      response.setUrn(registered.urn);
      response.setId(registered.id);
      response.setObject(toStruct(registered.outputs));
      return response;
    });
  }

  registerResourceOutputs(
    request: resource.RegisterResourceOutputsRequest,
    callback: Callback<Record<string, never>>,
  ): void {
    const registered = this.byUrn.get(request.getUrn());
    if (registered) registered.outputs = fromStruct(request.getOutputs());
    callback(null, {});
  }

  readResource(
    request: resource.ReadResourceRequest,
    callback: Callback<resource.ReadResourceResponse>,
  ): void {
    this.#answer(callback, async () => {
      const type = request.getType();
      const name = request.getName();
      const urn = this.#urnOf(request.getParent(), type, name);
      const outputs = await this.#options.provider.read({
        urn,
        type,
        name,
        id: request.getId(),
        inputs: plainProperties(fromStruct(request.getProperties())),
        ...this.#context(request.getProvider(), type, urn),
      });
      const response = new resource.ReadResourceResponse();
      response.setUrn(urn);
      response.setProperties(toStruct(outputs));
      return response;
    });
  }

  invoke(request: resource.ResourceInvokeRequest, callback: Callback<resource.ResourceInvokeResponse>): void {
    this.#answer(callback, async () => {
      const token = request.getTok();
      const inputs = plainProperties(fromStruct(request.getArgs()));
      const response = new resource.ResourceInvokeResponse();
      response.setReturn(toStruct(await this.#invoke(token, inputs, request.getProvider())));
      return response;
    });
  }

  async #invoke(token: string, inputs: Properties, provider: string): Promise<Properties> {
    if (token === "pulumi:pulumi:getResource") {
      const found = this.byUrn.get(String(inputs.urn));
      if (!found) throw new Error(`No resource with the URN "${String(inputs.urn)}" was registered`);
      return { urn: found.urn, id: found.id, state: found.outputs };
    }
    return this.#options.provider.invoke(token, inputs, this.#context(provider, token, token));
  }

  #answer<Response>(callback: Callback<Response>, work: () => Promise<Response>): void {
    this.#open += 1;
    work()
      .then(
        (response) => callback(null, response),
        (error: Error) => {
          this.failures.push(error);
          callback(error);
        },
      )
      .finally(() => {
        this.#open -= 1;
      });
  }

  /** Calls that have not been answered. */
  get open(): number {
    return this.#open;
  }

  #urnOf(parent: string | undefined, type: string, name: string): string {
    const parentType = parent?.split("::")[2] ?? "";
    const qualified = parentType === "" || parentType === STACK_TYPE ? type : `${parentType}$${type}`;
    return `urn:pulumi:${this.#options.stack}::${this.#options.project}::${qualified}::${name}`;
  }

  /** Configuration of the provider that a resource or invoke is for; the engine's own error if it has none. */
  #context(reference: string | undefined, token: string, what: string): ProviderContext {
    const account = this.#options.provider.account;
    const provider = reference ? this.byUrn.get(parseReference(reference).urn) : undefined;
    if (provider) return { account, region: String(plainProperties(provider.inputs).region ?? "") };
    const packageName = token.split(":")[0] ?? "";
    const disabled = this.#options.disableDefaultProviders;
    if (disabled.includes(packageName) || disabled.includes("*"))
      throw new Error(
        `Default provider for '${packageName}' disabled. '${what}' must use an explicit provider.`,
      );
    return { account, region: "" };
  }

  async #register(registration: Registration): Promise<Registered> {
    const { type, name, parent } = registration;
    const urn = this.#urnOf(parent, type, name);
    if (this.byUrn.has(urn)) throw new Error(`Duplicate resource URN '${urn}'; try giving it a unique name`);
    const inherited = (parent && this.byUrn.get(parent)?.providers) || {};
    const { importId, ...rest } = registration;
    const evaluated: EvaluatedResource = {
      ...rest,
      urn,
      id: "",
      providers: { ...inherited, ...registration.providers },
      outputs: {},
    };
    this.byUrn.set(urn, evaluated);
    this.resources.push(evaluated);
    try {
      await this.#make(evaluated, importId);
    } catch (error) {
      // Whoever reads the error sees neither the stack of the program nor this one's.
      throw new Error(`${type} "${name}": ${(error as Error).message}`, { cause: error });
    }
    this.#options.onResource?.(evaluated);
    return { urn, id: evaluated.id, outputs: evaluated.outputs };
  }

  async #make(evaluated: EvaluatedResource, importId: string | undefined): Promise<void> {
    const { type, name } = evaluated;
    if (type.startsWith("pulumi:providers:")) {
      evaluated.id = name;
      evaluated.outputs = evaluated.inputs;
    } else if (evaluated.remote) {
      evaluated.outputs = await this.#construct(evaluated);
    } else if (type.startsWith("pulumi-nodejs:dynamic")) {
      const made = this.#options.runDynamic
        ? await createDynamicResource(evaluated.inputs, this.#options)
        : { id: name, outputs: evaluated.inputs };
      Object.assign(evaluated, made);
    } else if (evaluated.custom) {
      await this.#create(evaluated, importId);
    }
  }

  async #create(evaluated: EvaluatedResource, importId: string | undefined): Promise<void> {
    const { urn, type, name } = evaluated;
    const { provider, preview } = this.#options;
    const reference = evaluated.provider ? `${evaluated.provider.urn}::${evaluated.provider.id}` : undefined;
    const inputs = plainProperties(evaluated.inputs);
    const request = { urn, type, name, inputs, ...this.#context(reference, type, urn) };
    const problems = provider.check(request);
    if (problems.length > 0) throw new Error(problems.join("; "));
    if (importId) {
      evaluated.id = importId;
      evaluated.outputs = await provider.read({ ...request, id: importId });
    } else if (preview) {
      evaluated.outputs = provider.preview(request);
    } else {
      const created = await provider.create(request);
      evaluated.id = created.id;
      evaluated.outputs = created.outputs;
    }
  }

  async #construct(component: EvaluatedResource): Promise<Properties> {
    const packageProviders = component.providers;
    return this.#options.provider.construct(component.type, {
      name: component.name,
      inputs: plainProperties(component.inputs),
      child: async ({ type, name, inputs, dependencies }) => {
        const reference = packageProviders[type.split(":")[0] ?? ""];
        return this.#register({
          type,
          name,
          inputs,
          custom: true,
          remote: false,
          parent: component.urn,
          ...(reference ? { provider: parseReference(reference) } : {}),
          providers: {},
          protect: component.protect,
          retainOnDelete: component.retainOnDelete,
          dependencies: dependencies ?? [],
          propertyDependencies: {},
          ignoreChanges: [],
          replaceOnChanges: [],
          aliases: [],
        });
      },
    });
  }
}
