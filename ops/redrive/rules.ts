import { lastPartOf } from "../../functions/domain/text.ts";
import type { RegionOutputs } from "../frame/outputs.ts";

export type RuleNames = RegionOutputs["ruleNames"];

/**
 * Whether what a rule could not deliver was on its way to the workflow: the source rules' events, and what the default
 * bus hands on. Rules are named by ARN, which ends with `/<name>`, on a bus of its own as on the default one.
 */
export function leadsToWorkflow(ruleArn: string, { sources, forwarding }: RuleNames): boolean {
  const name = lastPartOf(ruleArn);
  return sources.includes(name) || (forwarding !== undefined && name === forwarding);
}
