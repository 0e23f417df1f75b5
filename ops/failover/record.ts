import { GetParameterCommand, PutParameterCommand } from "@aws-sdk/client-ssm";
import { z } from "zod";
import type { Context } from "../frame/operator-command.ts";
import { insistently, patiently } from "./patience.ts";

const RECORD = z.object({
  action: z.enum(["start", "return"]),
  reason: z.string(),
  /** ISO 8601. */
  at: z.string(),
  by: z.string(),
});

/** What an operator did about failover. */
export type FailoverRecord = z.infer<typeof RECORD>;

/**
 * Writes down what was done, in each region that answers: the parameter's history is the log. Gives the regions in which
 * it is written, and those in which it could not be.
 */
export async function writeRecord(
  context: Context,
  record: FailoverRecord,
): Promise<{ written: string[]; missing: string[] }> {
  const write = async ([region, Name]: readonly [string, string]) => {
    const put = new PutParameterCommand({
      ...{ Name, Value: JSON.stringify(record), Type: "String", Overwrite: true },
    });
    await context.clients.ssm(region).send(put, insistently());
  };
  const places = recordPlaces(context);
  const results = await Promise.allSettled(places.map(write));
  const regionsOf = (status: "fulfilled" | "rejected") =>
    places.flatMap(([region], index) => (results[index]?.status === status ? [region] : []));
  return { written: regionsOf("fulfilled"), missing: regionsOf("rejected") };
}

/** The last thing that was done, as the regions that answer have it. */
export async function readRecord(context: Context): Promise<FailoverRecord | undefined> {
  const read = async ([region, Name]: readonly [string, string]) => {
    const get = new GetParameterCommand({ Name });
    const { Parameter } = await context.clients.ssm(region).send(get, patiently(context));
    return RECORD.parse(JSON.parse(Parameter?.Value ?? ""));
  };
  const results = await Promise.allSettled(recordPlaces(context).map(read));
  return results
    .flatMap((result) => (result.status === "fulfilled" ? [result.value] : []))
    .toSorted((a, b) => b.at.localeCompare(a.at))[0];
}

function recordPlaces({ outputs }: Context): (readonly [string, string])[] {
  return Object.entries(outputs.regions).flatMap(([region, { failoverRecordName }]) =>
    failoverRecordName === undefined ? [] : [[region, failoverRecordName] as const],
  );
}
