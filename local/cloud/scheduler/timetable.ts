import type { Clock } from "../service.ts";
import type { Schedule } from "./schedule.ts";

/** Waits for the runs of schedules. */
export class Timetable {
  readonly #clock: Clock;
  readonly #run: (schedule: Schedule, scheduledTime: number) => void;

  constructor(clock: Clock, run: (schedule: Schedule, scheduledTime: number) => void) {
    this.#clock = clock;
    this.#run = run;
  }

  /**
   * Waits for the schedule's next run instead of for what it waited for; for none if it is disabled. The first run is a
   * whole period after that from which its periods count. What was missed while the machine slept is not made up for.
   */
  set(schedule: Schedule): void {
    schedule.cancel();
    const { countedFrom, settings } = schedule;
    if (!settings.isEnabled) return;
    const now = this.#clock.now();
    const periods = Math.floor((now - countedFrom) / settings.period) + 1;
    const due = countedFrom + periods * settings.period;
    schedule.cancel = this.#clock.after(due - now, () => {
      // A timer may come a little early: counted from then, the same run would be due once more.
      if (this.#clock.now() >= due) this.#run(schedule, due);
      this.set(schedule);
    });
  }

  /** Ends it for good, with the retries of its runs. */
  end(schedule: Schedule): void {
    schedule.cancel();
    schedule.pauses.close();
  }
}
