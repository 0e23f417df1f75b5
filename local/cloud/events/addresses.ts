import { isIPv6 } from "node:net";

/**
 * An IP address as hexadecimal digits, 8 for IPv4 and for IPv4 inside IPv6, else 32; undefined for any other text.
 * Leading zeros in IPv4 count as decimal, as in Java, in which EventBridge reads addresses.
 */
export function addressDigits(text: string): string | undefined {
  return /^\d+\.\d+\.\d+\.\d+$/.test(text) ? version4(text) : isIPv6(text) ? version6(text) : undefined;
}

function version4(text: string): string | undefined {
  const bytes = text.split(".").map(Number);
  if (text.length > 15 || bytes.some((byte) => byte > 255)) return undefined;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function version6(text: string): string | undefined {
  // Zones and dotted tails are no addresses to EventBridge.
  if (/[.%]/.test(text)) return undefined;
  const [head = "", tail] = text.split("::");
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => "0000");
  const digits = [...first, ...(tail === undefined ? [] : zeros), ...last].join("");
  return digits.startsWith("00000000000000000000ffff") ? digits.slice(24) : digits;
}

function groups(text: string): string[] {
  return text === "" ? [] : text.split(":").map((group) => group.toLowerCase().padStart(4, "0"));
}

/** The lowest and the highest address of a block such as 10.0.0.0/24; undefined for any other text. */
export function blockBounds(text: string): { lowest: string; highest: string } | undefined {
  const [, address = "", mask = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const digits = addressDigits(address);
  // A block of one address is refused, as by EventBridge.
  if (digits === undefined || Number(mask) >= digits.length * 4) return undefined;
  const free = BigInt(digits.length * 4 - Number(mask));
  const value = BigInt(`0x${digits}`);
  const bound = (number: bigint) => number.toString(16).padStart(digits.length, "0");
  const lowest = (value >> free) << free;
  return { lowest: bound(lowest), highest: bound(lowest | ((1n << free) - 1n)) };
}
