import { ARCHITECTURE } from "../../components/standards.ts";
import { member, problem, type ResourceRule, UNKNOWN } from "./rule.ts";

const FUNCTION = "aws:lambda/function:Function";
const STATE_MACHINE = "aws:sfn/stateMachine:StateMachine";

export const arm64Images: ResourceRule = {
  name: "arm64-images",
  description: `Every function is a container image for ${ARCHITECTURE}, deployed by digest`,
  severity: "medium",
  remediation: `Set packageType to "Image", architectures to ["${ARCHITECTURE}"], and imageUri to REPOSITORY@sha256:DIGEST`,
  types: [FUNCTION],
  problems: ({ properties: { packageType, architectures, imageUri } }) => [
    ...(packageType === "Image" ? [] : [problem("packageType", packageType, '"Image"')]),
    ...(Array.isArray(architectures) && architectures.length === 1 && architectures[0] === ARCHITECTURE
      ? []
      : [problem("architectures", architectures, `["${ARCHITECTURE}"]`)]),
    ...(imageUri === UNKNOWN || (typeof imageUri === "string" && /@sha256:[0-9a-f]{64}$/.test(imageUri))
      ? []
      : [problem("imageUri", imageUri, "an image by its digest: REPOSITORY@sha256:DIGEST")]),
  ],
};

export const reservedConcurrency: ResourceRule = {
  name: "reserved-concurrency",
  description: "Every function reserves concurrency, so that none can take all of the account's",
  severity: "high",
  remediation: "Set reservedConcurrentExecutions to 1 or more",
  types: [FUNCTION],
  problems: ({ properties: { reservedConcurrentExecutions: reserved } }) =>
    reserved === UNKNOWN || (typeof reserved === "number" && Number.isInteger(reserved) && reserved >= 1)
      ? []
      : [problem("reservedConcurrentExecutions", reserved, "a whole number of 1 or more")],
};

export const activeTracing: ResourceRule = {
  name: "active-tracing",
  description: "Functions and state machines are traced",
  severity: "medium",
  remediation:
    'Set tracingConfig to { mode: "Active" }, of a state machine tracingConfiguration to { enabled: true }',
  types: [FUNCTION, STATE_MACHINE],
  problems: ({ type, properties }) => {
    if (type === STATE_MACHINE) {
      const enabled = member(properties.tracingConfiguration, "enabled");
      return enabled === true ? [] : [problem("tracingConfiguration.enabled", enabled, "true")];
    }
    const mode = member(properties.tracingConfig, "mode");
    return mode === "Active" ? [] : [problem("tracingConfig.mode", mode, '"Active"')];
  },
};

export const privateFunctions: ResourceRule = {
  name: "private-functions",
  description: "Every function runs in subnets of a VPC, and none has a URL without authorisation",
  severity: "high",
  remediation: "Set vpcConfig with subnetIds and securityGroupIds; set a URL's authorizationType to AWS_IAM",
  types: [FUNCTION, "aws:lambda/functionUrl:FunctionUrl"],
  problems: ({ type, properties }) => {
    if (type !== FUNCTION)
      return properties.authorizationType === "AWS_IAM"
        ? []
        : [problem("authorizationType", properties.authorizationType, '"AWS_IAM"')];
    return ["subnetIds", "securityGroupIds"].flatMap((input) => {
      const value = member(properties.vpcConfig, input);
      const isGiven = value === UNKNOWN || properties.vpcConfig === UNKNOWN;
      return isGiven || (Array.isArray(value) && value.length > 0)
        ? []
        : [problem(`vpcConfig.${input}`, value, "a list of one or more")];
    });
  },
};
