import { bounded } from "../../functions/domain/text.ts";

/** Why an entry's bus is not one of the allowed, undefined if it is. Allowed are a name, or its ARN in this region. */
export function busRefusal(given: string, names: readonly string[], region: string): string | undefined {
  const [, arnRegion, arnName] =
    /^arn:aws[a-z-]*:events:([a-z0-9-]+):[0-9]{12}:event-bus\/(.+)$/.exec(given) ?? [];
  const name = arnRegion === region ? arnName : given;
  if (name !== undefined && names.includes(name)) return undefined;
  return `EventBusName: must be ${names.join(" or ")}, or the ARN of such a bus in ${region}, got ${bounded(given)}`;
}
