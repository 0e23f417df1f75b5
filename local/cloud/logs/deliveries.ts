import { createHash } from "node:crypto";
import { checkPolicy } from "../iam/policy.ts";
import { Input } from "../input.ts";
import { RegionState } from "../region-state.ts";
import type { Json, Operation } from "../service.ts";
import { ServiceError } from "../service.ts";

/** Log deliveries and resource policies of a region. */
interface State {
  readonly deliveries: Map<string, Json>;
  /** Policy documents as JSON text, by name. */
  readonly policies: Map<string, { readonly document: string; readonly updated: number }>;
  /** All of them as one document, until one changes. */
  merged?: string | undefined;
}

export interface LogDeliveries {
  readonly operations: Record<string, Operation>;
  /** Every statement of a region's resource policies, as one policy document; undefined if there is none. */
  resourcePolicy(region: string): string | undefined;
}

/** "CloudWatch Logs quotas": resource policies a region. */
const MAXIMUM_POLICIES = 10;

/**
 * Vended logs: who has logs delivered to a group, and the policies that let a service write them.
 * The log delivery operations are in the Service Authorization Reference only, without a documented request: a
 * service such as Step Functions gives any members here, and gets a `logDeliveryId` for them.
 */
export function logDeliveries(now: () => number): LogDeliveries {
  const regions = new RegionState<State>(() => ({ deliveries: new Map(), policies: new Map() }));
  // Who does not name a delivery means the one that was made with the same members.
  const idOf = (json: Json): string =>
    new Input(json, "InvalidParameterException").optionalText("logDeliveryId") ??
    createHash("sha256").update(JSON.stringify(json)).digest("hex").slice(0, 16);
  const find = (json: Json, region: string): [string, Json] => {
    const id = idOf(json);
    const delivery = regions.of(region).deliveries.get(id);
    if (!delivery)
      throw new ServiceError("ResourceNotFoundException", `The log delivery ${id} does not exist.`);
    return [id, delivery];
  };
  return {
    resourcePolicy(region) {
      const state = regions.of(region);
      if (state.policies.size === 0) return undefined;
      state.merged ??= JSON.stringify({
        Version: "2012-10-17",
        Statement: [...state.policies.values()].flatMap(({ document }) => unnamed(document)),
      });
      return state.merged;
    },
    operations: {
      CreateLogDelivery(json, { region }) {
        const logDeliveryId = idOf(json);
        regions.of(region).deliveries.set(logDeliveryId, json);
        return { logDeliveryId };
      },
      GetLogDelivery(json, { region }) {
        const [logDeliveryId, delivery] = find(json, region);
        return { logDeliveryId, ...delivery };
      },
      UpdateLogDelivery(json, { region }) {
        const [logDeliveryId, delivery] = find(json, region);
        regions.of(region).deliveries.set(logDeliveryId, { ...delivery, ...json });
      },
      DeleteLogDelivery(json, { region }) {
        regions.of(region).deliveries.delete(find(json, region)[0]);
      },
      ListLogDeliveries: (_json, { region }) => ({
        logDeliveries: [...regions.of(region).deliveries].map(([logDeliveryId, delivery]) => ({
          ...delivery,
          logDeliveryId,
        })),
      }),
      PutResourcePolicy(json, { region }) {
        const input = new Input(json, "InvalidParameterException").only(["policyName", "policyDocument"]);
        const policyName = input.text("policyName");
        const document = input.text("policyDocument", { minimum: 1, maximum: 5_120 });
        checkPolicy(document, "resource", "InvalidParameterException");
        const { policies } = regions.of(region);
        if (!policies.has(policyName) && policies.size >= MAXIMUM_POLICIES)
          throw new ServiceError("LimitExceededException", `Resource limit exceeded: ${MAXIMUM_POLICIES}`);
        policies.set(policyName, { document, updated: now() });
        regions.of(region).merged = undefined;
        return { resourcePolicy: shown(policyName, document, now()) };
      },
      DescribeResourcePolicies: (_json, { region }) => ({
        resourcePolicies: [...regions.of(region).policies].map(([name, { document, updated }]) =>
          shown(name, document, updated),
        ),
      }),
      DeleteResourcePolicy(json, { region }) {
        const name = new Input(json, "InvalidParameterException").text("policyName");
        regions.of(region).merged = undefined;
        if (!regions.of(region).policies.delete(name))
          throw new ServiceError("ResourceNotFoundException", `Policy with name [${name}] does not exist.`);
      },
    },
  };
}

function shown(policyName: string, policyDocument: string, lastUpdatedTime: number): Json {
  return { policyName, policyDocument, lastUpdatedTime };
}

/** The statements of a policy without their names, which need to differ within one policy only. */
function unnamed(document: string): Json[] {
  const { Statement } = JSON.parse(document) as { Statement: Json | Json[] };
  return [Statement].flat().map(({ Sid: _sid, ...statement }) => statement);
}
