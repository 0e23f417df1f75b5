import type { Properties } from "./wire.ts";

/** A registered resource, as evaluation saw it. */
export interface EvaluatedResource {
  urn: string;
  type: string;
  name: string;
  id: string;
  parent?: string;
  custom: boolean;
  remote: boolean;
  /** Reference of the provider that it was registered with. */
  provider?: { urn: string; id: string };
  /** Providers by package, its own and those of its parents. */
  providers: Record<string, string>;
  protect: boolean;
  retainOnDelete: boolean;
  dependencies: string[];
  propertyDependencies: Record<string, string[]>;
  ignoreChanges: string[];
  replaceOnChanges: string[];
  deleteBeforeReplace?: boolean;
  aliases: string[];
  inputs: Properties;
  outputs: Properties;
}

/** Where a resource or an invoke lives: what its provider was configured with. */
export interface ProviderContext {
  region: string;
  account: string;
}

export interface CreateRequest extends ProviderContext {
  urn: string;
  type: string;
  name: string;
  inputs: Properties;
}

export interface Created {
  id: string;
  outputs: Properties;
}

/** Registers a child of a remote component. */
export interface ChildRegistration {
  type: string;
  name: string;
  inputs: Properties;
  dependencies?: string[];
}

export interface ConstructRequest {
  name: string;
  inputs: Properties;
  /** Registers a child under the component. Its id is "" during a preview. */
  child(registration: ChildRegistration): Promise<{ urn: string; id: string; outputs: Properties }>;
}

/** Stands where Pulumi's resource plugins stand. Every method refuses a type or token that it does not know, by name. */
export interface ResourceProvider {
  readonly account: string;
  /** Inputs that are wrong, as `property: reason`; empty if there are none. */
  check(request: CreateRequest): string[];
  create(request: CreateRequest): Promise<Created>;
  /** Outputs of a resource during a preview: what is known of them. */
  preview(request: CreateRequest): Properties;
  /** The outputs of an existing resource. */
  read(request: CreateRequest & { id: string }): Promise<Properties>;
  invoke(token: string, inputs: Properties, context: ProviderContext): Properties | Promise<Properties>;
  /** Outputs of a remote component whose children were registered. */
  construct(type: string, request: ConstructRequest): Promise<Properties>;
}
