import { member, problem, type ResourceRule, UNKNOWN } from "./rule.ts";

/** What Lambda takes for "as long as the stream has them", and does where nothing is said (CreateEventSourceMapping). */
const WITHOUT_END = -1;

/** Limits after which Lambda passes over records of a stream, for good where they have no destination. */
const LIMITS = ["maximumRetryAttempts", "maximumRecordAgeInSeconds"] as const;

export const keptStreamRecords: ResourceRule = {
  name: "kept-stream-records",
  description:
    "What a function fails to read of a stream is tried for as long as the stream has it, or handed on",
  severity: "high",
  remediation: `Set ${LIMITS.join(" and ")} to ${WITHOUT_END}, or destinationConfig.onFailure.destinationArn to a queue's or topic's ARN`,
  types: ["aws:lambda/eventSourceMapping:EventSourceMapping"],
  problems: ({ properties }) => {
    const destination = member(member(properties.destinationConfig, "onFailure"), "destinationArn");
    if (properties.destinationConfig === UNKNOWN || destination === UNKNOWN || isText(destination)) return [];
    return LIMITS.filter((limit) => (properties[limit] ?? WITHOUT_END) !== WITHOUT_END).map((limit) =>
      problem(limit, properties[limit], `${WITHOUT_END}, or destinationConfig.onFailure given`),
    );
  },
};

function isText(value: unknown): boolean {
  return typeof value === "string" && value !== "";
}
