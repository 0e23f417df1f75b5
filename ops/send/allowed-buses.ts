import { bounded } from "../../functions/domain/text.ts";

/** The buses that a tape's lines may name, each by its name or its ARN. */
export interface AllowedBuses {
  /** The trades bus, and the default bus if what is put there leads to the trades bus. */
  readonly arns: readonly string[];
  /** Why the default bus is not among them. */
  readonly whyNotDefault?: string;
}

/** Where a region takes trades. `forwardingRule`: the rule that hands trades on from the default bus, if there is one. */
export function busesOfRegion(eventBusArn: string, forwardingRule: string | undefined): AllowedBuses {
  if (forwardingRule !== undefined) return { arns: [eventBusArn, defaultBusArn(eventBusArn)] };
  const whyNotDefault = "in this stack no rule hands trades on from the default bus";
  return { arns: [eventBusArn], whyNotDefault };
}

/** Where a global endpoint takes trades. */
export function busesOfEndpoint(eventBusArn: string): AllowedBuses {
  return { arns: [eventBusArn], whyNotDefault: "behind a global endpoint there is the trades bus alone" };
}

/** Why a bus that a line names is not one of the allowed, undefined if it is. */
export function busRefusal(given: string, { arns, whyNotDefault }: AllowedBuses): string | undefined {
  const names = arns.map(nameOf);
  if (names.includes(given) || arns.includes(given)) return undefined;
  const [arn = ""] = arns;
  const [, , , region, account] = arn.split(":");
  const isDefault = given === DEFAULT_BUS || given === defaultBusArn(arn);
  const why = isDefault && whyNotDefault !== undefined ? `: ${whyNotDefault}` : "";
  return `EventBusName: must be ${names.join(" or ")}, or the ARN of such a bus in ${region} of account ${account}, got ${bounded(given)}${why}`;
}

const DEFAULT_BUS = "default";

function nameOf(arn: string): string {
  return arn.slice(arn.indexOf("/") + 1);
}

/** The default bus's ARN, from that of a bus beside it. */
function defaultBusArn(arn: string): string {
  return `${arn.slice(0, arn.indexOf("/") + 1)}${DEFAULT_BUS}`;
}
