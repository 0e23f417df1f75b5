import { RegionState } from "../region-state.ts";
import type { PublishServiceEvent, Surroundings } from "../service.ts";
import { AlarmHistory } from "./alarm-history.ts";
import { notification, type StateRecord, stateChangeDetail } from "./alarm-notice.ts";
import { type Datapoint, stateReason, stateReasonData } from "./alarm-reason.ts";
import { evaluationRange, stateOf } from "./alarm-state.ts";
import { breaches, type MetricAlarmSettings } from "./metric-alarm.ts";
import { evaluateQueries } from "./metric-query.ts";
import type { MetricStore } from "./metric-store.ts";

/** A metric alarm; times in milliseconds since the epoch. */
export interface Alarm {
  readonly arn: string;
  readonly region: string;
  readonly tags: Record<string, string>;
  settings: MetricAlarmSettings;
  isEnabled: boolean;
  configuredAt: number;
  state: StateRecord;
  /** When it last went to another state, and not only got another reason. */
  changedAt: number;
}

const MINUTE = 60_000;
const TEN_SECONDS = 10_000;

/**
 * Alarms of every region. They are evaluated at the end of every minute, high-resolution ones every ten seconds, over
 * periods that end there (CloudWatch User Guide, "Alarm evaluation"); the timer runs only while there are alarms.
 */
export class Alarms {
  readonly history: AlarmHistory;
  readonly #regions = new RegionState(() => new Map<string, Alarm>());
  readonly #surroundings: Surroundings;
  readonly #metrics: MetricStore;
  readonly #publish: PublishServiceEvent;
  #cancel: (() => void) | undefined;

  constructor(surroundings: Surroundings, metrics: MetricStore, publish: PublishServiceEvent) {
    this.#surroundings = surroundings;
    this.#metrics = metrics;
    this.#publish = publish;
    this.history = new AlarmHistory(surroundings.clock);
  }

  /** A region's alarms by name. */
  of(region: string): ReadonlyMap<string, Alarm> {
    return this.#regions.of(region);
  }

  /** Makes an alarm, or replaces the settings of one and leaves its state. */
  put(region: string, settings: MetricAlarmSettings, tags: Record<string, string>): void {
    const { account, clock } = this.#surroundings;
    const now = clock.now();
    const isEnabled = settings.put.ActionsEnabled !== false;
    const existing = this.#regions.of(region).get(settings.name);
    if (existing) Object.assign(existing, { settings, isEnabled, configuredAt: now });
    else
      this.#regions.of(region).set(settings.name, {
        arn: `arn:aws:cloudwatch:${region}:${account}:alarm:${settings.name}`,
        ...{ region, tags, settings, isEnabled, configuredAt: now, changedAt: now },
        state: {
          value: "INSUFFICIENT_DATA",
          reason: "Unchecked: Initial alarm creation",
          reasonData: undefined,
          at: now,
        },
      });
    this.history.configured(region, settings.name, existing ? "updated" : "created");
    this.#arm();
  }

  delete(region: string, name: string): void {
    if (this.#regions.of(region).delete(name)) this.history.configured(region, name, "deleted");
    this.#arm();
  }

  /** Puts an alarm into a state; if that is another one, its actions are carried out. */
  setState(alarm: Alarm, state: Omit<StateRecord, "at">): void {
    const previous = alarm.state;
    alarm.state = { ...state, at: this.#surroundings.clock.now() };
    if (previous.value === state.value) return;
    alarm.changedAt = alarm.state.at;
    this.history.changed(alarm, previous);
    const { arn, region, settings } = alarm;
    this.#publish(region, {
      source: "aws.cloudwatch",
      detailType: "CloudWatch Alarm State Change",
      resources: [arn],
      detail: stateChangeDetail(alarm, previous),
    });
    if (!alarm.isEnabled) return;
    const notice = notification(alarm, previous, this.#surroundings.account);
    for (const topic of settings.actions[state.value]) void this.#act(alarm, topic, notice);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    for (const [, alarms] of this.#regions.entries()) alarms.clear();
  }

  async #act(alarm: Alarm, TopicArn: string, notice: { Subject: string; Message: string }): Promise<void> {
    const { region, settings } = alarm;
    const from = { region, principal: "cloudwatch.amazonaws.com", sourceArn: alarm.arn };
    const { at } = alarm.state;
    try {
      await this.#surroundings.call("sns", "Publish", { TopicArn, ...notice }, from);
      this.history.acted(region, settings.name, TopicArn, at);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.history.acted(region, settings.name, TopicArn, at, reason);
    }
  }

  /** Sets the timer to the next evaluation, if there are alarms. */
  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const alarms = [...this.#regions.entries()].flatMap(([, each]) => [...each.values()]);
    if (alarms.length === 0) return;
    const { clock } = this.#surroundings;
    const step = alarms.some(isHighResolution) ? TEN_SECONDS : MINUTE;
    const now = clock.now();
    const due = (Math.floor(now / step) + 1) * step;
    this.#cancel = clock.after(due - now, () => {
      for (const alarm of alarms)
        if (due % MINUTE === 0 || isHighResolution(alarm)) this.#evaluateUnlessLost(alarm, due);
      this.#arm();
    });
  }

  /** In a lost region alarms keep their states. */
  #evaluateUnlessLost(alarm: Alarm, to: number): void {
    if (!this.#surroundings.faults.isLost(alarm.region)) this.#evaluate(alarm, to);
  }

  #evaluate(alarm: Alarm, to: number): void {
    const { settings, region } = alarm;
    const length = settings.periodSeconds * 1000;
    const range = evaluationRange(settings.evaluationPeriods);
    const from = to - range * length;
    const [result] = evaluateQueries(this.#metrics, region, settings.queries, {
      from,
      to,
      origin: to % length,
    });
    const values = result?.series[0];
    const points = Array.from({ length: range }, (_, index): Datapoint | undefined => {
      const at = from + index * length;
      const value = values?.get(at);
      return value === undefined ? undefined : { at, value, isBreaching: breaches(settings, value) };
    });
    const state = stateOf(
      points.map((point) => point?.isBreaching),
      settings,
    );
    if (state === undefined || state === alarm.state.value) return;
    const present = points.filter((point) => point !== undefined).slice(-settings.evaluationPeriods);
    this.setState(alarm, {
      value: state,
      reason: stateReason(settings, state, present),
      reasonData: stateReasonData(settings, present, this.#surroundings.clock.now()),
    });
  }
}

function isHighResolution({ settings }: Alarm): boolean {
  return settings.periodSeconds < 60;
}
