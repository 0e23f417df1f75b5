import type { Clock } from "../service.ts";

/**
 * How long producers go on reaching the former region after a health check has changed. A global endpoint is a name in
 * Route 53's DNS, and clients and resolvers keep an answer for its time to live: for records with health checks, Route 53
 * advises 60 seconds or less (Route 53 Developer Guide, "Best practices for Amazon Route 53 health checks").
 */
export const ROUTING_DELAY_MILLISECONDS = 60_000;

export interface RoutingNeeds {
  readonly clock: Clock;
  readonly delayMilliseconds: () => number;
}

/** To which of its regions a global endpoint leads. */
export class Routing {
  isPrimary = true;
  readonly #needs: RoutingNeeds;
  #cancel: (() => void) | undefined;

  constructor(needs: RoutingNeeds) {
    this.#needs = needs;
  }

  /**
   * The primary region's health check says this. Without replication, what data says does not lead back to the primary
   * region: the health check has to be reset by hand (EventBridge User Guide, "Event replication").
   */
  follow(isHealthy: boolean, { isReplicated, isByHand }: { isReplicated: boolean; isByHand: boolean }): void {
    const isBlocked = isHealthy && !this.isPrimary && !isReplicated && !isByHand;
    if (isHealthy === this.isPrimary || isBlocked) {
      this.close();
      return;
    }
    const { clock, delayMilliseconds } = this.#needs;
    this.#cancel ??= clock.after(delayMilliseconds(), () => {
      this.#cancel = undefined;
      this.isPrimary = isHealthy;
    });
  }

  /** Nothing is going to change. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}
