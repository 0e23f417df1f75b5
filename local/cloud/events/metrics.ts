import type { MetricsPort } from "../states/ports.ts";
import type { Rule } from "./model.ts";

type Dimensions = Readonly<Record<string, string>>;
type DimensionSet = "None" | "EventBusName" | "RuleName";

/** Under which dimensions each metric is emitted ("Monitoring Amazon EventBridge", "EventBridge metrics"). */
const RULE_METRICS = {
  FailedInvocations: ["RuleName"],
  IngestionToInvocationCompleteLatency: ["EventBusName", "None", "RuleName"],
  IngestionToInvocationStartLatency: ["EventBusName", "None", "RuleName"],
  IngestionToInvocationSuccessLatency: ["EventBusName", "None", "RuleName"],
  InvocationAttempts: ["EventBusName", "None", "RuleName"],
  Invocations: ["None", "RuleName"],
  InvocationsCreated: ["None"],
  InvocationsFailedToBeSentToDlq: ["RuleName"],
  InvocationsSentToDlq: ["RuleName"],
  MatchedEvents: ["RuleName"],
  RetryInvocationAttempts: ["EventBusName", "None", "RuleName"],
  SuccessfulInvocationAttempts: ["EventBusName", "None", "RuleName"],
  TriggeredRules: ["EventBusName", "None", "RuleName"],
} as const satisfies Record<string, readonly DimensionSet[]>;

type MeteredRule = Pick<Rule, "name" | "bus" | "region">;

/** The metrics of EventBridge, in the namespace AWS/Events. */
export class EventMetrics {
  readonly #port: MetricsPort;

  constructor(port: MetricsPort) {
    this.#port = port;
  }

  /** One more of what a rule does, or several at once. */
  count(rule: MeteredRule, name: keyof typeof RULE_METRICS, times = 1): void {
    this.#ofRule(rule, name, times, "Count");
  }

  /** Milliseconds since the event was accepted. */
  latency(rule: MeteredRule, name: keyof typeof RULE_METRICS, milliseconds: number): void {
    this.#ofRule(rule, name, milliseconds, "Milliseconds");
  }

  /** One more event of a bus that any rule matched. */
  matched(region: string, bus: string): void {
    this.#port.record(region, "AWS/Events", "MatchedEvents", { EventBusName: bus }, 1, "Count");
  }

  /** A figure of a PutEvents request; these metrics have no dimensions. */
  put(region: string, name: `PutEvents${string}`, value: number, unit = "Count"): void {
    this.#port.record(region, "AWS/Events", name, {}, value, unit);
  }

  #ofRule(rule: MeteredRule, name: keyof typeof RULE_METRICS, value: number, unit: string): void {
    const sets: Record<DimensionSet, Dimensions> = {
      None: {},
      EventBusName: { EventBusName: rule.bus },
      // Metrics with the rule's name alone are those of the default bus.
      RuleName:
        rule.bus === "default" ? { RuleName: rule.name } : { EventBusName: rule.bus, RuleName: rule.name },
    };
    for (const set of RULE_METRICS[name])
      this.#port.record(rule.region, "AWS/Events", name, sets[set], value, unit);
  }
}
