import type { MetricStore } from "../monitoring/metric-store.ts";
import type { Surroundings } from "../service.ts";
import { type AlarmStream, streamState } from "./alarm-stream.ts";
import type { HealthCheckSettings } from "./settings.ts";
import { StatusMetrics } from "./status-metrics.ts";

/** A health check; times in milliseconds since the epoch. */
export interface HealthCheck {
  readonly id: string;
  readonly callerReference: string;
  readonly tags: Map<string, string>;
  settings: HealthCheckSettings;
  version: number;
  /** Of a CLOUDWATCH_METRIC check. */
  stream: AlarmStream | undefined;
  /** What it was found to be last, before it is inverted; a new one is taken to be healthy. */
  found: boolean;
  /** What it counts as. */
  isHealthy: boolean;
  /** When it was last looked at. */
  checkedAt: number;
}

/** A health check was found to be healthy or not, or was updated. */
export interface HealthReport {
  readonly id: string;
  readonly isHealthy: boolean;
  /** It follows from UpdateHealthCheck, and not from data. */
  readonly isByHand: boolean;
}

/**
 * Route 53's health checkers look every 10 or 30 seconds ("RequestInterval"); how often it reads an alarm's data is not
 * documented. Every 10 seconds, what a minute's data says is known soon after the minute, and never before.
 */
export const EVALUATION_MILLISECONDS = 10_000;

/**
 * Finds out whether health checks are healthy, on the clock; the timer runs only while there are checks. (Route 53
 * Developer Guide, "How Amazon Route 53 determines whether a health check is healthy".)
 */
export class Health {
  readonly checks = new Map<string, HealthCheck>();
  readonly #surroundings: Surroundings;
  readonly #metrics: MetricStore;
  readonly #statusMetrics: StatusMetrics;
  readonly #listeners = new Set<(report: HealthReport) => void>();
  #cancel: (() => void) | undefined;

  constructor(surroundings: Surroundings, metrics: MetricStore) {
    this.#surroundings = surroundings;
    this.#metrics = metrics;
    this.#statusMetrics = new StatusMetrics(metrics);
  }

  /** Tells of every change of a check's health, and of every update by hand; the result ends it. */
  onChange(listener: (report: HealthReport) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** A check was made or deleted: sets or stops the timer. */
  changed(): void {
    if (this.checks.size === 0) this.close();
    else if (!this.#cancel) this.#arm();
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** A check has new settings: what they say without new data counts at once. */
  updated(check: HealthCheck): void {
    this.#settle(check, true);
  }

  #arm(): void {
    const { clock } = this.#surroundings;
    const due = (Math.floor(clock.now() / EVALUATION_MILLISECONDS) + 1) * EVALUATION_MILLISECONDS;
    this.#cancel = clock.after(due - clock.now(), () => {
      const checks = [...this.checks.values()];
      // Children first: what is found of them counts for their parents at once.
      for (const check of checks) if (check.stream) this.#look(check);
      for (const check of checks) if (!check.stream) this.#look(check);
      this.#statusMetrics.looked(this.checks, clock.now());
      this.#arm();
    });
  }

  #look(check: HealthCheck): void {
    check.checkedAt = this.#surroundings.clock.now();
    // "Stops Route 53 from performing health checks" (HealthCheckConfig, "Disabled").
    if (!check.settings.isDisabled) check.found = this.#find(check);
    this.#settle(check, false);
  }

  #find({ stream, settings, found }: HealthCheck): boolean {
    if (!stream) {
      const healthy = settings.children.filter((id) => this.checks.get(id)?.isHealthy);
      return healthy.length >= settings.healthThreshold;
    }
    const { clock, faults } = this.#surroundings;
    // Whatever the alarm makes of missing data: here nobody can read whether there is any.
    const state = faults.isLost(stream.region)
      ? "INSUFFICIENT_DATA"
      : streamState(stream, this.#metrics, clock.now());
    if (state === "INSUFFICIENT_DATA")
      return settings.insufficientData === "LastKnownStatus"
        ? found
        : settings.insufficientData === "Healthy";
    return state === undefined ? found : state === "OK";
  }

  #settle(check: HealthCheck, isByHand: boolean): void {
    const { isDisabled, isInverted } = check.settings;
    // "Route 53 considers the status of the health check to always be healthy", unless it is inverted.
    const isHealthy = (isDisabled || check.found) !== isInverted;
    if (isHealthy === check.isHealthy && !isByHand) return;
    check.isHealthy = isHealthy;
    for (const listener of this.#listeners) listener({ id: check.id, isHealthy, isByHand });
  }
}
