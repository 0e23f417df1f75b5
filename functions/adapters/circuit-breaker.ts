export interface CircuitBreakerOptions {
  /** Failures in a row that open the circuit. */
  readonly failures: number;
  /** Milliseconds that it stays open before one call may try again. */
  readonly openMilliseconds: number;
  /** Milliseconds since any fixed point. */
  readonly now: () => number;
}

/**
 * Keeps calls away from a service that fails anyway: closed, open after enough failures in a row, then half open,
 * when one call decides whether it closes or stays open as long again.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #failuresInARow = 0;
  #openUntil: number | undefined;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  /** Whether a call may be made now. In the half-open state only the first to ask may. */
  admits(): boolean {
    if (this.#openUntil === undefined) return true;
    const now = this.#options.now();
    if (now < this.#openUntil) return false;
    this.#openUntil = now + this.#options.openMilliseconds;
    return true;
  }

  /** Tells that the service answered, be it that it knows nothing. */
  succeeded(): void {
    this.#failuresInARow = 0;
    this.#openUntil = undefined;
  }

  /** Tells that the service did not answer as it should. */
  failed(): void {
    this.#failuresInARow += 1;
    if (this.#failuresInARow >= this.#options.failures) {
      this.#openUntil = this.#options.now() + this.#options.openMilliseconds;
    }
  }
}
