/** Walking JSON of unknown shape, without recursion where its depth is not yet known. */

export type JsonObject = Record<string, unknown>;

/** Whether `value` is a JSON object, not an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value of a JSON text; undefined if it is none. */
export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether objects and arrays lie more than `maximum` levels within each other; the outermost is level 1. */
export function isDeeperThan(maximum: number, json: unknown): boolean {
  const open: Array<{ value: unknown; depth: number }> = [{ value: json, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth } = next;
    if (typeof value !== "object" || value === null) continue;
    if (depth > maximum) return true;
    for (const child of Object.values(value)) open.push({ value: child, depth: depth + 1 });
  }
  return false;
}

/** Every number with its path, such as `legs[0].price`, in document order. Expects JSON of bounded depth. */
export function* numbersIn(json: unknown, path = ""): Generator<{ path: string; value: number }> {
  if (typeof json === "number") {
    yield { path: path === "" ? "detail" : path, value: json };
  } else if (Array.isArray(json)) {
    for (const [index, child] of json.entries()) yield* numbersIn(child, `${path}[${index}]`);
  } else if (isJsonObject(json)) {
    for (const [key, child] of Object.entries(json)) yield* numbersIn(child, memberPath(path, key));
  }
}

function memberPath(path: string, key: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 64))}]`;
  return path === "" ? key : `${path}.${key}`;
}
