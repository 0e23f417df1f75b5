import { randomBytes } from "node:crypto";
import type { Json, Surroundings } from "../service.ts";
import type { Machine } from "./machines.ts";
import type { Execution } from "./records.ts";

/** How often sampling rules and targets are asked for, in milliseconds (X-Ray, "Sampling rules" and "API"). */
const RULES_INTERVAL = 300_000;
const TARGETS_INTERVAL = 10_000;
/** What X-Ray samples by default besides the first of a second. */
const FIXED_RATE = 0.05;

/** What is known about sampling for the state machines of a role in a region. */
interface Sampling {
  rulesAsked: number;
  targetsAsked: number;
  /** The second of which the first execution was sampled. */
  second: number;
  readonly counts: { requests: number; sampled: number };
}

/**
 * X-Ray tracing of executions, as the state machine's role: a segment an execution that is sampled. Failures of it
 * never affect an execution.
 */
export class Tracing {
  readonly #surroundings: Surroundings;
  readonly #samplings = new Map<string, Sampling>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** An execution starts; the result is called when it has ended. */
  begin({ machine }: Execution): ((execution: Execution) => void) | undefined {
    if (machine.tracingConfiguration.enabled !== true) return undefined;
    const sampling = this.#samplingOf(machine);
    this.#ask(machine, sampling);
    if (!this.#isSampled(sampling)) return undefined;
    return (execution) => this.#send(execution);
  }

  #samplingOf(machine: Machine): Sampling {
    const key = `${machine.region} ${machine.roleArn}`;
    let sampling = this.#samplings.get(key);
    if (!sampling) {
      const never = Number.NEGATIVE_INFINITY;
      sampling = {
        ...{ rulesAsked: never, targetsAsked: never, second: never },
        counts: { requests: 0, sampled: 0 },
      };
      this.#samplings.set(key, sampling);
    }
    return sampling;
  }

  #isSampled(sampling: Sampling): boolean {
    const second = Math.floor(this.#surroundings.clock.now() / 1_000);
    const isFirst = sampling.second !== second;
    sampling.second = second;
    const isSampled = isFirst || this.#surroundings.random() < FIXED_RATE;
    sampling.counts.requests += 1;
    sampling.counts.sampled += isSampled ? 1 : 0;
    return isSampled;
  }

  #ask(machine: Machine, sampling: Sampling): void {
    const now = this.#surroundings.clock.now();
    if (now - sampling.rulesAsked >= RULES_INTERVAL) {
      sampling.rulesAsked = now;
      this.#xray(machine, "GetSamplingRules", {});
    }
    if (now - sampling.targetsAsked < TARGETS_INTERVAL) return;
    sampling.targetsAsked = now;
    const { requests, sampled } = sampling.counts;
    Object.assign(sampling.counts, { requests: 0, sampled: 0 });
    this.#xray(machine, "GetSamplingTargets", {
      SamplingStatisticsDocuments: [
        {
          ...{ RuleName: "Default", ClientID: "000000000000000000000000", Timestamp: now / 1_000 },
          ...{ RequestCount: requests, SampledCount: sampled },
        },
      ],
    });
  }

  #send({ machine, arn, started, stopped = started, status }: Execution): void {
    const epoch = Math.floor(started / 1_000)
      .toString(16)
      .padStart(8, "0");
    const segment = {
      name: machine.name,
      id: randomBytes(8).toString("hex"),
      trace_id: `1-${epoch}-${randomBytes(12).toString("hex")}`,
      start_time: started / 1_000,
      end_time: stopped / 1_000,
      origin: "AWS::StepFunctions::StateMachine",
      ...(status === "SUCCEEDED" ? {} : { fault: true }),
      aws: { execution_arn: arn, state_machine_arn: machine.arn },
    };
    this.#xray(machine, "PutTraceSegments", { TraceSegmentDocuments: [JSON.stringify(segment)] });
    this.#xray(machine, "PutTelemetryRecords", {
      TelemetryRecords: [{ Timestamp: stopped / 1_000, SegmentsReceivedCount: 1, SegmentsSentCount: 1 }],
    });
  }

  #xray({ region, roleArn }: Machine, operation: string, input: Json): void {
    this.#surroundings.call("xray", operation, input, { region, principal: roleArn }).catch(() => undefined);
  }
}
