import { deadLetterRetention } from "./dead-letter-retention.ts";
import { destroyable } from "./destroyable.ts";
import type { Rule } from "./rule.ts";

/** Every rule of the pack. */
export const RULES: readonly Rule[] = [deadLetterRetention, destroyable];
