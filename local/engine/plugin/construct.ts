import { credentials } from "@grpc/grpc-js";
import type provider from "@pulumi/pulumi/proto/provider_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import services from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resource from "@pulumi/pulumi/proto/resource_pb.js";
import type { ChildRegistration, ConstructRequest } from "../../program/provider.ts";
import type { Properties } from "../../program/wire.ts";
import { fromStruct, toStruct } from "../../program/wire.ts";

interface Registered {
  urn: string;
  id: string;
  outputs: Properties;
}

type Component = (request: ConstructRequest) => Promise<Properties>;

/** Version of a package whose resources a component registers, or undefined if the engine is to choose. */
type VersionOf = (packageName: string) => string | undefined;

/**
 * Makes a remote component as the engine asks for it: registers the component and its children with the engine's
 * resource monitor, and answers with the component's URN and outputs.
 */
export async function constructComponent(
  request: provider.ConstructRequest,
  component: Component,
  versionOf: VersionOf,
): Promise<provider.ConstructResponse> {
  const monitor = new services.ResourceMonitorClient(
    request.getMonitorendpoint(),
    credentials.createInsecure(),
  );
  try {
    const self = await register(monitor, componentRegistration(request));
    const child = (registration: ChildRegistration) =>
      register(monitor, childRegistration(registration, self.urn, request, versionOf));
    const inputs = fromStruct(request.getInputs());
    const state = await component({ name: request.getName(), inputs, child });
    await registerOutputs(monitor, self.urn, state);
    const response = new providerMessages.ConstructResponse();
    response.setUrn(self.urn);
    response.setState(toStruct(state));
    return response;
  } finally {
    monitor.close();
  }
}

function componentRegistration(request: provider.ConstructRequest): resource.RegisterResourceRequest {
  const registration = newRegistration(request.getType(), request.getName(), request.getParent());
  registration.setObject(request.getInputs());
  registration.setAliasesList(request.getAliasesList());
  registration.setDependenciesList(request.getDependenciesList());
  if (request.hasProtect()) registration.setProtect(request.getProtect() === true);
  if (request.hasRetainondelete()) registration.setRetainondelete(request.getRetainondelete() === true);
  for (const [name, reference] of request.getProvidersMap().entries())
    registration.getProvidersMap().set(name, reference);
  return registration;
}

function childRegistration(
  { type, name, inputs, dependencies = [] }: ChildRegistration,
  parent: string,
  request: provider.ConstructRequest,
  versionOf: VersionOf,
): resource.RegisterResourceRequest {
  const packageName = type.split(":")[0] ?? "";
  const registration = newRegistration(type, name, parent);
  registration.setCustom(true);
  registration.setObject(toStruct(inputs));
  registration.setDependenciesList(dependencies);
  registration.setProvider(request.getProvidersMap().get(packageName) ?? "");
  registration.setVersion(versionOf(packageName) ?? "");
  return registration;
}

function newRegistration(type: string, name: string, parent: string): resource.RegisterResourceRequest {
  const registration = new resource.RegisterResourceRequest();
  registration.setType(type);
  registration.setName(name);
  registration.setParent(parent);
  registration.setAcceptsecrets(true);
  registration.setAcceptresources(true);
  registration.setSupportspartialvalues(true);
  registration.setAliasspecs(true);
  return registration;
}

function register(
  monitor: services.ResourceMonitorClient,
  registration: resource.RegisterResourceRequest,
): Promise<Registered> {
  return new Promise((done, fail) => {
    monitor.registerResource(registration, (error, answer) => {
      if (error || !answer) fail(error ?? new Error("The engine's resource monitor gave no answer"));
      else done({ urn: answer.getUrn(), id: answer.getId(), outputs: fromStruct(answer.getObject()) });
    });
  });
}

function registerOutputs(
  monitor: services.ResourceMonitorClient,
  urn: string,
  outputs: Properties,
): Promise<void> {
  const request = new resource.RegisterResourceOutputsRequest();
  request.setUrn(urn);
  request.setOutputs(toStruct(outputs));
  return new Promise((done, fail) => {
    monitor.registerResourceOutputs(request, (error) => (error ? fail(error) : done()));
  });
}
