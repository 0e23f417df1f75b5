import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { TradeFunction } from "../functions/trade-function.ts";
import type { PrincipalRole } from "../principal-role.ts";

export interface FunctionScheduleArgs {
  /** Name of the schedule in EventBridge Scheduler. */
  scheduleName: string;
  description: string;
  /** Whole minutes from one run to the next. */
  everyMinutes: number;
  /** What the function is called with; may hold context attributes of the Scheduler. */
  input: Readonly<Record<string, unknown>>;
  /** How long an invocation that could not be handed over is tried again, in seconds. */
  maximumEventAgeInSeconds: number;
  target: TradeFunction;
  /** Role with which the Scheduler invokes. */
  role: PrincipalRole;
}

/** Invokes the live version of a function again and again, asynchronously. What cannot be handed over is dead-lettered. */
export class FunctionSchedule extends pulumi.ComponentResource {
  constructor(name: string, args: FunctionScheduleArgs, opts: pulumi.ComponentResourceOptions) {
    super("trade-processing:schedules:FunctionSchedule", name, {}, opts);
    const { everyMinutes, target, role } = args;
    new aws.scheduler.Schedule(
      `${name}-schedule`,
      {
        name: args.scheduleName,
        description: args.description,
        scheduleExpression: `rate(${everyMinutes} ${everyMinutes === 1 ? "minute" : "minutes"})`,
        flexibleTimeWindow: { mode: "OFF" },
        target: {
          arn: target.alias.arn,
          roleArn: role.role.arn,
          input: JSON.stringify(args.input),
          retryPolicy: { maximumEventAgeInSeconds: args.maximumEventAgeInSeconds, maximumRetryAttempts: 185 },
          deadLetterConfig: { arn: target.deadLetterQueue.arn },
        },
      },
      { parent: this, dependsOn: [role.policy] },
    );
    this.registerOutputs({});
  }
}
