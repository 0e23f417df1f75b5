/** What happened when, in simulated milliseconds since the epoch. */
export interface Moment {
  readonly at: number;
  readonly what: string;
}

/** The course of a drill as people read it; times are told from the failure on. */
export class Timeline {
  readonly moments: Moment[] = [];
  /** When the (first) failure began. */
  failedAt: number | undefined;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(what: string): void {
    this.moments.push({ at: this.#now(), what });
  }

  /** `+mm:ss what`, in the order in which it happened. */
  lines(): string[] {
    return this.moments.map(({ at, what }) => `${this.#sinceFailure(at)}  ${what}`);
  }

  #sinceFailure(at: number): string {
    const seconds = Math.round((at - (this.failedAt ?? this.moments[0]?.at ?? at)) / 1_000);
    const part = (value: number) => String(value).padStart(2, "0");
    const size = Math.abs(seconds);
    return `${seconds < 0 ? "-" : "+"}${part(Math.floor(size / 60))}:${part(size % 60)}`;
  }
}
