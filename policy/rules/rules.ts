import { deadLetterRetention } from "./dead-letter-retention.ts";
import { destroyable } from "./destroyable.ts";
import { keptStreamRecords } from "./event-sources.ts";
import { functionDeadLetters } from "./function-dead-letters.ts";
import { activeTracing, arm64Images, privateFunctions, reservedConcurrency } from "./functions.ts";
import { leastPrivilege } from "./identity.ts";
import { endpointPolicies, noPublicAccess } from "./network.ts";
import { environmentSuffix, explicitProvider, requiredTags } from "./providers.ts";
import type { Rule } from "./rule.ts";
import { scheduleDeadLetters } from "./schedules.ts";
import { alarmActions, logRetention, scannedImages, stringParameters } from "./storage.ts";
import { tableReplicas, tables } from "./tables.ts";

/** Every rule of the pack. */
export const RULES: readonly Rule[] = [
  deadLetterRetention,
  destroyable,
  arm64Images,
  reservedConcurrency,
  functionDeadLetters,
  scheduleDeadLetters,
  keptStreamRecords,
  activeTracing,
  privateFunctions,
  tables,
  tableReplicas,
  endpointPolicies,
  noPublicAccess,
  leastPrivilege,
  stringParameters,
  scannedImages,
  logRetention,
  environmentSuffix,
  explicitProvider,
  requiredTags,
  alarmActions,
];
