import type { Properties } from "../program/wire.ts";
import { matching, refused, whole } from "./checks.ts";
import { drift } from "./drift.ts";
import type { ExistingRequest, ProviderPorts, ResourceType } from "./resource-type.ts";
import { arn, deployer, record, text, unlessGone } from "./resource-type.ts";

function aliasInput(inputs: Properties): Properties {
  const { additionalVersionWeights } = record(inputs.routingConfig);
  return {
    ...{ FunctionName: text(inputs, "functionName"), Name: text(inputs, "name") },
    ...{ FunctionVersion: text(inputs, "functionVersion"), Description: inputs.description ?? "" },
    ...(additionalVersionWeights
      ? { RoutingConfig: { AdditionalVersionWeights: additionalVersionWeights } }
      : {}),
  };
}

/** An alias of a function's version. */
export const ALIAS: ResourceType = {
  describe: (request) => {
    const functionName = text(request.inputs, "functionName").split(":function:").pop() ?? "";
    const aliasArn = arn(request, "lambda", `function:${functionName}:${text(request.inputs, "name")}`);
    return { id: aliasArn, outputs: { arn: aliasArn } };
  },
  check: (inputs) => refused(inputs, { name: matching(/^(?!\d+$)[\w-]{1,128}$/) }),
  create: async (request, { call }) => {
    await call("lambda", "CreateAlias", aliasInput(request.inputs), deployer(request));
  },
  replacedBy: ["name", "functionName"],
  update: async (request, { call }) => {
    await call("lambda", "UpdateAlias", aliasInput(request.inputs), deployer(request));
  },
  delete: async (request, { call }) => {
    const { FunctionName, Name } = aliasInput(request.inputs);
    await unlessGone(call("lambda", "DeleteAlias", { FunctionName, Name }, deployer(request)));
  },
  read: async (request, { call }) => {
    const input = { FunctionName: text(request.inputs, "functionName"), Name: text(request.inputs, "name") };
    const found = await unlessGone(call("lambda", "GetAlias", input, deployer(request)));
    const { FunctionVersion, Description } = found ?? {};
    return (
      found && {
        inputs: drift(request.inputs, { functionVersion: FunctionVersion, description: Description }),
      }
    );
  },
  autoname: "name",
};

function provisionedOf(inputs: Properties): Properties {
  return { FunctionName: text(inputs, "functionName"), Qualifier: text(inputs, "qualifier") };
}

async function provision(
  request: Pick<ExistingRequest, "inputs" | "region">,
  { call }: ProviderPorts,
): Promise<void> {
  const wanted = { ProvisionedConcurrentExecutions: request.inputs.provisionedConcurrentExecutions };
  const input = { ...provisionedOf(request.inputs), ...wanted };
  await call("lambda", "PutProvisionedConcurrencyConfig", input, deployer(request));
}

/** Execution environments that are kept ready. */
export const PROVISIONED: ResourceType = {
  describe: ({ inputs }) => ({
    id: `${text(inputs, "functionName")},${text(inputs, "qualifier")}`,
    outputs: {},
  }),
  check: (inputs) => refused(inputs, { provisionedConcurrentExecutions: whole(1, Number.MAX_SAFE_INTEGER) }),
  create: provision,
  replacedBy: ["functionName", "qualifier"],
  update: provision,
  delete: async (request, { call }) => {
    if (request.inputs.skipDestroy === true) return;
    const input = provisionedOf(request.inputs);
    await unlessGone(call("lambda", "DeleteProvisionedConcurrencyConfig", input, deployer(request)));
  },
  read: async (request, { call }) => {
    const input = provisionedOf(request.inputs);
    const found = await unlessGone(
      call("lambda", "GetProvisionedConcurrencyConfig", input, deployer(request)),
    );
    const count = found?.RequestedProvisionedConcurrentExecutions;
    return found && { inputs: drift(request.inputs, { provisionedConcurrentExecutions: count }) };
  },
};
