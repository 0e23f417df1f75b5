import type { Reason } from "../contract.ts";
import { decimalOfNumber } from "./decimal.ts";
import { type JsonObject, numbersIn } from "./json.ts";
import { isReasonCode, MAXIMUM_NUMBER_DIGITS, MAXIMUM_VERSION, type ReasonCode, reason } from "./reasons.ts";
import type { SourceSystems } from "./source-systems.ts";
import { type Trade, TradeSchema, tradeOf } from "./trade.ts";

/** What it means that a field does not have the shape that the schema asks for. */
const CODE_OF_MALFORMED: Readonly<Record<string, ReasonCode>> = {
  tradeId: "tradeId.invalid",
  amount: "amount.notDecimal",
  currency: "currency.unknown",
  sourceSystem: "sourceSystem.mismatch",
  action: "action.unknown",
  version: "version.invalid",
  instrument: "instrument.invalid",
  side: "side.unknown",
  quantity: "quantity.notDecimal",
  price: "price.notDecimal",
  venue: "venue.invalid",
  counterparty: "counterparty.invalid",
  executedAt: "executedAt.invalid",
  sequence: "sequence.invalid",
};

const CODE_OF_MISSING: Readonly<Record<string, ReasonCode>> = {
  tradeId: "tradeId.missing",
  amount: "amount.missing",
  currency: "currency.missing",
  sourceSystem: "sourceSystem.missing",
};

/** The trade that a detail of acceptable size and depth describes, or every reason why it describes none. */
export function checkDetail(
  detail: JsonObject,
  source: string,
  systems: SourceSystems,
): { trade: Trade; reasons: [] } | { trade?: undefined; reasons: Reason[] } {
  const parsed = TradeSchema.safeParse(detail);
  const reasons = distinct([
    ...(parsed.success ? [] : parsed.error.issues.map((issue) => reasonOf(issue, detail))),
    ...checkSource(detail, source, systems),
    ...checkVersion(detail),
    ...checkNumbers(detail),
  ]);
  if (parsed.success && reasons.length === 0) return { trade: tradeOf(parsed.data), reasons: [] };
  return { reasons };
}

function reasonOf(issue: { path: readonly PropertyKey[]; params?: unknown }, detail: JsonObject): Reason {
  const field = String(issue.path[0] ?? "detail");
  const value = Object.hasOwn(detail, field) ? detail[field] : undefined;
  const stated = (issue.params as { reason?: unknown } | undefined)?.reason;
  if (isReasonCode(stated)) return reason(stated, field, value);
  const missing = value === undefined ? CODE_OF_MISSING[field] : undefined;
  return reason(missing ?? CODE_OF_MALFORMED[field] ?? "detail.notObject", field, value);
}

function checkSource(detail: JsonObject, source: string, systems: SourceSystems): Reason[] {
  const system = systems.get(source);
  if (system === undefined) {
    return [reason("source.unknown", "envelope.source", source, `one of ${[...systems.keys()].join(", ")}`)];
  }
  const { sourceSystem } = detail;
  if (sourceSystem === undefined || sourceSystem === system) return [];
  return [
    reason("sourceSystem.mismatch", "sourceSystem", sourceSystem, `${system}, since the source is ${source}`),
  ];
}

function checkVersion({ action = "NEW", version }: JsonObject): Reason[] {
  if (action === "NEW") {
    // Anything but a version number is reported as such already.
    const isLater = Number.isInteger(version) && Number(version) > 1 && Number(version) <= MAXIMUM_VERSION;
    return isLater ? [reason("version.notAllowed", "version", version)] : [];
  }
  if (action !== "CORRECT" && action !== "CANCEL") return [];
  if (version === undefined) return [reason("version.missing", "version", version)];
  return version === 1 ? [reason("version.notAllowed", "version", version)] : [];
}

function* checkNumbers(detail: JsonObject): Generator<Reason> {
  for (const { path, value } of numbersIn(detail)) {
    const decimal = decimalOfNumber(value);
    // JSON.parse makes an infinity of a number such as 1e400.
    if (decimal === undefined) yield reason("number.outOfRange", path, value);
    else if (decimal.digits.length > MAXIMUM_NUMBER_DIGITS) yield reason("number.tooManyDigits", path, value);
  }
}

function distinct(reasons: Reason[]): Reason[] {
  const byFieldAndCode = new Map<string, Reason>();
  for (const each of reasons) {
    const key = `${each.code} ${each.field}`;
    // The first of two says it in general, the later one in terms of this event.
    byFieldAndCode.set(key, each);
  }
  return [...byFieldAndCode.values()];
}
