import { DEAD_LETTER_RETENTION_SECONDS } from "../../components/standards.ts";
import { deadLetterQueues } from "./dead-letter-queues.ts";
import type { StackRule } from "./rule.ts";
import { UNKNOWN } from "./rule.ts";

/** What SQS uses where nothing is said, in seconds (SetQueueAttributes). */
const SQS_DEFAULT_RETENTION = 345_600;

export const deadLetterRetention: StackRule = {
  name: "dead-letter-retention",
  description: `Every dead letter queue keeps its messages for exactly ${DEAD_LETTER_RETENTION_SECONDS} seconds (14 days)`,
  severity: "high",
  remediation: `Set messageRetentionSeconds to ${DEAD_LETTER_RETENTION_SECONDS}`,
  check: (resources) =>
    deadLetterQueues(resources).flatMap(({ urn, properties }) => {
      const retention = properties.messageRetentionSeconds ?? SQS_DEFAULT_RETENTION;
      if (retention === DEAD_LETTER_RETENTION_SECONDS) return [];
      const found = retention === UNKNOWN ? "a value that is not known before deployment" : String(retention);
      const message = `messageRetentionSeconds: got ${found}; must be ${DEAD_LETTER_RETENTION_SECONDS}`;
      return [{ urn, message }];
    }),
};
