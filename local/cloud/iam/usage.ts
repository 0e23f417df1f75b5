import type { Call } from "../service.ts";
import type { PermissionRequest, StatementReference } from "./model.ts";

/** A call that was not permitted. */
export interface Denial {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly call: Call;
  readonly request: PermissionRequest;
  readonly denial: "implicit" | "explicit" | undefined;
  /** The service's own error code and message. */
  readonly code: string;
  readonly message: string;
  /** The statement that denied it. */
  readonly statement: StatementReference | undefined;
}

/** An action that a statement of a policy decided about: allowed it, or denied it. */
export interface Use extends StatementReference {
  readonly principal: string;
  readonly action: string;
  count: number;
}

/** Denials that are kept; the oldest go. */
const KEPT_DENIALS = 1_000;

/** Which statements allowed calls, and which calls were denied: what IAM's last accessed information and CloudTrail tell. */
export class PermissionUsage {
  readonly #uses = new Map<string, Use>();
  readonly #denials: Denial[] = [];

  /** The counters of a decision's statements, made once, so that counting a call costs nothing else. */
  countersOf(request: PermissionRequest, statements: readonly StatementReference[]): readonly Use[] {
    const { principal, action } = request;
    return statements.map((statement) => {
      const key = `${statement.policy}\n${statement.index}\n${principal}\n${action}`;
      let use = this.#uses.get(key);
      if (!use) {
        use = { ...statement, principal, action, count: 0 };
        this.#uses.set(key, use);
      }
      return use;
    });
  }

  deny(denial: Denial): void {
    this.#denials.push(denial);
    if (this.#denials.length > KEPT_DENIALS) this.#denials.shift();
  }

  /** What was decided at least once. */
  uses(): readonly Readonly<Use>[] {
    return [...this.#uses.values()].filter(({ count }) => count > 0);
  }

  /** The latest denials, the oldest first. */
  denials(): readonly Denial[] {
    return this.#denials;
  }

  clear(): void {
    for (const use of this.#uses.values()) use.count = 0;
    this.#denials.length = 0;
  }
}
