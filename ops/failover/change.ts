import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import type { Confirmation } from "../frame/confirmation.ts";
import type { Context, Result } from "../frame/operator-command.ts";
import { UsageError } from "../frame/usage.ts";
import { hold } from "./health.ts";
import { insistently } from "./patience.ts";
import { planOf } from "./plan.ts";
import { type FailoverRecord, writeRecord } from "./record.ts";
import { readStatus } from "./status.ts";

export interface ChangeOptions {
  readonly action: FailoverRecord["action"];
  readonly reason: string;
  readonly isConfirmed: boolean;
  readonly isForced: boolean;
}

/** `failover start` and `failover return`: says what it will do, asks, does it and writes it down. */
export async function change(
  options: ChangeOptions,
  context: Context,
  confirmation: Confirmation,
): Promise<Result> {
  const { action, isConfirmed, isForced } = options;
  const { terminal, signal } = context;
  const { status, health } = await readStatus(context);
  if (health === undefined)
    throw new Error(
      `failover ${action}: ${status.problem}. Health checks are changed through Route 53's control plane, which is in us-east-1; the automatic failover does without it`,
    );
  const plan = planOf(action, status, health);
  if (plan.done !== undefined)
    return { complete: true, json: { changed: false, status }, lines: [plan.done] };
  for (const line of plan.lines) terminal.line(line);
  if (plan.objection !== undefined && !isForced)
    return {
      complete: false,
      json: { changed: false, objection: plan.objection, status },
      lines: [`Not done: ${plan.objection}; --force does it all the same`],
    };
  if (!isConfirmed) {
    if (!confirmation.isTerminal)
      throw new UsageError(`failover ${action}: nobody can be asked here; confirm with --yes`);
    if (!(await confirmation.ask("Do this? Type yes: ", signal)))
      return { complete: false, json: { changed: false, status }, lines: ["Not done."] };
  }
  await hold(context, health, action === "start");
  const { reason } = options;
  const record = { action, reason, at: new Date().toISOString(), by: await caller(context) };
  const { written, missing } = await writeRecord(context, record);
  return {
    complete: written.length > 0,
    json: { changed: true, record, notRecordedIn: missing },
    lines: [
      ...plan.afterwards,
      ...(missing.length > 0 ? [`The record could not be written in ${missing.join(", ")}.`] : []),
      "`npm run ops -- failover status` shows where trades go.",
    ],
  };
}

/** Whoever is calling, as the first region that answers knows them. */
async function caller({ clients, outputs }: Context): Promise<string> {
  const asked = Object.keys(outputs.regions).map((region) =>
    clients.sts(region).send(new GetCallerIdentityCommand({}), insistently()),
  );
  const { Arn } = await Promise.any(asked).catch(() => ({ Arn: undefined }));
  return Arn ?? "unknown";
}
