const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/**
 * A timestamp of the Amazon States Language (RFC 3339 with a capital T, and Z unless there is an offset) in
 * milliseconds since the epoch, fractions of them included; undefined for anything else.
 */
export function timestamp(value: unknown): number | undefined {
  const parts = typeof value === "string" ? RFC3339.exec(value) : null;
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", zone = "Z"] = parts;
  const milliseconds = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  // Date takes the 31st of February for the 3rd of March.
  const exists =
    new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (Number.isNaN(milliseconds) || !exists || hour === "24") return undefined;
  return milliseconds + Number(`0${fraction}`) * 1_000;
}
