import { checkPolicy } from "../iam/policy.ts";
import { Input, isJson } from "../input.ts";
import type { Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Bus } from "./model.ts";
import { type BusStore, notFound } from "./store.ts";

/** Largest policy of a bus, in characters (EventBridge quotas). */
const MAXIMUM_POLICY = 10_240;

/** PutPermission and RemovePermission: the policy of a bus, as a whole or statement by statement. */
export function permissionOperations(store: BusStore, { clock }: Surroundings): Record<string, Operation> {
  const put = (bus: Bus, policy: string | undefined) => {
    if ((policy?.length ?? 0) > MAXIMUM_POLICY)
      throw new ServiceError(
        "PolicyLengthExceededException",
        `The policy is longer than ${MAXIMUM_POLICY} characters.`,
      );
    // A policy that cannot be read would refuse every later call to the bus, that which replaces it included.
    if (policy !== undefined) checkPolicy(policy, "resource", "InvalidInputException");
    bus.policy = policy;
    bus.modified = clock.now();
  };
  return {
    PutPermission: (json, { region }) => {
      const input = new Input(json).only([
        ...["EventBusName", "Policy", "StatementId", "Action", "Principal", "Condition"],
      ]);
      const bus = store.get(region, json.EventBusName);
      const policy = input.optionalText("Policy");
      if (policy !== undefined) {
        statementsOf(policy);
        return put(bus, policy);
      }
      const statement = statementOf(input, bus);
      const others = statementsOf(bus.policy).filter(({ Sid }) => Sid !== statement.Sid);
      put(bus, JSON.stringify({ Version: "2012-10-17", Statement: [...others, statement] }));
    },
    RemovePermission: (json, { region }) => {
      const input = new Input(json).only(["EventBusName", "StatementId", "RemoveAllPermissions"]);
      const bus = store.get(region, json.EventBusName);
      if (input.flag("RemoveAllPermissions")) return put(bus, undefined);
      const id = input.text("StatementId");
      const statements = statementsOf(bus.policy);
      const others = statements.filter(({ Sid }) => Sid !== id);
      if (others.length === statements.length) throw notFound(`Statement ${id} does not exist.`);
      put(
        bus,
        others.length === 0 ? undefined : JSON.stringify({ Version: "2012-10-17", Statement: others }),
      );
    },
  };
}

function statementOf(input: Input, bus: Bus): Json {
  const principal = input.text("Principal", { pattern: /^(\d{12}|\*)$/ });
  const condition = new Input(input.record("Condition")).only(["Type", "Key", "Value"]);
  return {
    Sid: input.text("StatementId", { pattern: /^[a-zA-Z0-9-_]{1,64}$/ }),
    Effect: "Allow",
    Principal: principal === "*" ? "*" : { AWS: `arn:aws:iam::${principal}:root` },
    Action: input.text("Action", { pattern: /^events:[a-zA-Z]+$/ }),
    Resource: bus.arn,
    ...(input.has("Condition")
      ? { Condition: { [condition.text("Type")]: { [condition.text("Key")]: condition.text("Value") } } }
      : {}),
  };
}

function statementsOf(policy: string | undefined): Json[] {
  if (policy === undefined) return [];
  let document: unknown;
  try {
    document = JSON.parse(policy);
  } catch {
    document = undefined;
  }
  const statements = isJson(document) ? [document.Statement].flat() : [];
  if (statements.length === 0 || !statements.every(isJson))
    throw new ServiceError("InvalidInputException", "The policy is not a JSON policy with statements.");
  return statements;
}
