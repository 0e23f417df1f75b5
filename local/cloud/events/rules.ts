import { Input } from "../input.ts";
import type { Call, Json, Operation, Surroundings } from "../service.ts";
import { ServiceError } from "../service.ts";
import type { Bus, Rule } from "./model.ts";
import { parseJson } from "./numbers.ts";
import { page } from "./page.ts";
import { type Pattern, parsePattern } from "./pattern.ts";
import type { BusStore } from "./store.ts";
import type { Tags } from "./tags.ts";
import { parseTarget } from "./target.ts";

const RULE_FIELDS = ["Name", "EventBusName", "EventPattern", "State", "Description", "RoleArn", "Tags"];
/** Targets of one rule (EventBridge quotas). */
const MAXIMUM_TARGETS = 5;

/** The operations on rules and their targets. */
export function ruleOperations(
  store: BusStore,
  tags: Tags,
  { account }: Surroundings,
): Record<string, Operation> {
  const find = (json: Json, { region }: Call, member: "Name" | "Rule") =>
    store.rule(region, json.EventBusName, new Input(json).text(member));

  function setEnabled(json: Json, call: Call, isEnabled: boolean): void {
    const rule = find(json, call, "Name");
    store.get(call.region, json.EventBusName).rules.set(rule.name, { ...rule, isEnabled });
  }

  function putRule(json: Json, { region }: Call): Json {
    const input = new Input(json).only(RULE_FIELDS);
    const bus = store.get(region, json.EventBusName);
    const name = input.text("Name", { pattern: /^[.\-_A-Za-z0-9]{1,64}$/ });
    const patternText = input.text("EventPattern");
    const state = input.optionalText("State", { oneOf: ["ENABLED", "DISABLED"] }) ?? "ENABLED";
    const rule: Rule = {
      ...{ name, patternText, region, bus: bus.name, arn: ruleArn(bus, name, account) },
      pattern: validPattern(patternText),
      isEnabled: state === "ENABLED",
      description: input.optionalText("Description", { maximum: 512 }),
      roleArn: input.optionalText("RoleArn"),
      targets: bus.rules.get(name)?.targets ?? new Map(),
    };
    if (!bus.rules.has(name)) tags.set(rule.arn, input.tags("Tags"));
    bus.rules.set(name, rule);
    return { RuleArn: rule.arn };
  }

  function deleteRule(json: Json, { region }: Call): void {
    const bus = store.get(region, json.EventBusName);
    const rule = bus.rules.get(new Input(json).text("Name"));
    if (!rule) return;
    if (rule.targets.size > 0)
      throw new ServiceError("ValidationException", "Rule can't be deleted since it has targets.");
    bus.rules.delete(rule.name);
    tags.forget(rule.arn);
  }

  function putTargets(json: Json, call: Call): Json {
    const rule = find(json, call, "Rule");
    const targets = new Input(json)
      .only(["Rule", "EventBusName", "Targets"])
      .records("Targets")
      .map((target) => parseTarget(target, call.region));
    const ids = new Set([...rule.targets.keys(), ...targets.map(({ id }) => id)]);
    if (ids.size > MAXIMUM_TARGETS)
      throw new ServiceError(
        "LimitExceededException",
        `Rule ${rule.name} would have ${ids.size} targets; allowed: ${MAXIMUM_TARGETS}`,
      );
    for (const target of targets) rule.targets.set(target.id, target);
    return { FailedEntryCount: 0, FailedEntries: [] };
  }

  function removeTargets(json: Json, call: Call): Json {
    const rule = find(json, call, "Rule");
    const absent = new Input(json).texts("Ids").filter((id) => !rule.targets.delete(id));
    const FailedEntries = absent.map((TargetId) => ({
      ...{ TargetId, ErrorCode: "ResourceNotFoundException" },
      ErrorMessage: `Rule ${rule.name} does not have target ${TargetId}`,
    }));
    return { FailedEntryCount: absent.length, FailedEntries };
  }

  return {
    PutRule: putRule,
    DeleteRule: deleteRule,
    DescribeRule: (json, call) => describeRule(find(json, call, "Name")),
    ListRules: (json, { region }) => {
      const input = new Input(json).only(["NamePrefix", "EventBusName", "NextToken", "Limit"]);
      const prefix = input.optionalText("NamePrefix") ?? "";
      const rules = [...store.get(region, json.EventBusName).rules.values()];
      return page("Rules", rules.filter(({ name }) => name.startsWith(prefix)).map(describeRule), input);
    },
    ListRuleNamesByTarget: (json, { region }) => {
      const input = new Input(json).only(["TargetArn", "EventBusName", "NextToken", "Limit"]);
      const arn = input.text("TargetArn");
      const rules = [...store.get(region, json.EventBusName).rules.values()].filter(({ targets }) =>
        [...targets.values()].some((target) => target.arn === arn),
      );
      return page(
        "RuleNames",
        rules.map(({ name }) => name),
        input,
      );
    },
    EnableRule: (json, call) => setEnabled(json, call, true),
    DisableRule: (json, call) => setEnabled(json, call, false),
    PutTargets: putTargets,
    RemoveTargets: removeTargets,
    ListTargetsByRule: (json, call) => {
      const input = new Input(json).only(["Rule", "EventBusName", "NextToken", "Limit"]);
      return page(
        "Targets",
        [...find(json, call, "Rule").targets.values()].map(({ given }) => given),
        input,
      );
    },
    TestEventPattern: testPattern,
  };
}

/** Reads a pattern; throws InvalidEventPatternException with what is wrong. */
export function validPattern(text: string): Pattern {
  try {
    return parsePattern(text);
  } catch (error) {
    throw new ServiceError(
      "InvalidEventPatternException",
      `Event pattern is not valid. Reason: ${(error as Error).message}`,
    );
  }
}

function testPattern(json: Json): Json {
  const input = new Input(json).only(["EventPattern", "Event"]);
  const pattern = validPattern(input.text("EventPattern"));
  const event = parseEvent(input.text("Event"));
  const missing = ["id", "account", "source", "time", "region", "resources", "detail-type"].filter(
    (field) => event[field] === undefined,
  );
  if (missing.length > 0)
    throw new ServiceError(
      "ValidationException",
      `Parameter Event is not valid. Reason: ${missing.join(", ")} missing`,
    );
  return { Result: pattern(event) };
}

function parseEvent(text: string): Json {
  try {
    return parseJson(text) as Json;
  } catch (error) {
    throw new ServiceError(
      "ValidationException",
      `Parameter Event is not valid. Reason: ${(error as Error).message}`,
    );
  }
}

function ruleArn(bus: Bus, name: string, account: string): string {
  const path = bus.name === "default" ? name : `${bus.name}/${name}`;
  return `arn:aws:events:${bus.region}:${account}:rule/${path}`;
}

function describeRule(rule: Rule): Json {
  return {
    Name: rule.name,
    Arn: rule.arn,
    EventPattern: rule.patternText,
    State: rule.isEnabled ? "ENABLED" : "DISABLED",
    EventBusName: rule.bus,
    ...(rule.description === undefined ? {} : { Description: rule.description }),
    ...(rule.roleArn === undefined ? {} : { RoleArn: rule.roleArn }),
  };
}
