/**
 * A matcher for text with `*`, which stands for any characters or none; `\*` and `\\` are the characters themselves
 * (EventBridge, "Matching using wildcards"). Two wildcards in a row and other escapes are refused. Works in time
 * proportional to the lengths of pattern and value multiplied, whatever they are.
 */
export function wildcardMatcher(pattern: string, where: string): (value: string) => boolean {
  const [first = "", ...others] = split(pattern, where);
  const last = others.pop();
  if (last === undefined) return (value) => value === first;
  return (value) => {
    if (value.length < first.length + last.length || !value.startsWith(first) || !value.endsWith(last))
      return false;
    const end = value.length - last.length;
    let position = first.length;
    for (const part of others) {
      const found = value.indexOf(part, position);
      if (found < 0 || found + part.length > end) return false;
      position = found + part.length;
    }
    return true;
  };
}

/** The fixed parts between the wildcards, without escapes. */
function split(pattern: string, where: string): string[] {
  const parts: string[] = [];
  let current = "";
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index] ?? "";
    const next = pattern[index + 1];
    if (character === "*") {
      if (next === "*") throw new Error(`${where}: wildcards in a row are not allowed, at ${index}`);
      parts.push(current);
      current = "";
    } else if (character === "\\") {
      if (next !== "*" && next !== "\\")
        throw new Error(`${where}: allowed escapes are \\* and \\\\, at ${index}`);
      current += next;
      index += 1;
    } else current += character;
  }
  return [...parts, current];
}
