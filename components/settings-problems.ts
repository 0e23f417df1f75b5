import type { z } from "zod";

/** One fault of the configuration. */
export interface SettingProblem {
  readonly key: string;
  readonly value: unknown;
  readonly allowed: string;
}

/** All faults of a stack's configuration at once, each naming key, value and what is allowed. */
export class SettingsError extends Error {
  readonly problems: readonly SettingProblem[];
  constructor(problems: readonly SettingProblem[]) {
    const lines = problems.map(({ key, value, allowed }) => `  ${key}: ${shown(value)}; allowed: ${allowed}`);
    super(`The stack's configuration has ${problems.length} fault(s):\n${lines.join("\n")}`);
    this.name = "SettingsError";
    this.problems = problems;
  }
}

function shown(value: unknown): string {
  return value === undefined ? "is missing" : `got ${JSON.stringify(value)}`;
}

/** Zod's issues as problems. `settings` is what was parsed, to look the values up in. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  settings: Readonly<Record<string, unknown>>,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): SettingProblem[] {
  return issues.flatMap((issue): SettingProblem[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        key: keyOf([...issue.path, key]),
        value: valueAt(settings, [...issue.path, key]),
        allowed: `no such key; known keys are ${knownKeys(issue.path).join(", ")}`,
      }));
    return [{ key: keyOf(issue.path), value: valueAt(settings, issue.path), allowed: allowedBy(issue) }];
  });
}

function allowedBy(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_value":
      return issue.values.map(String).join(", ");
    case "invalid_type":
      return issue.expected === "record" ? "an object" : `a value of type ${issue.expected}`;
    case "too_small":
      return issue.origin === "array" ? `${issue.minimum} or more entries` : `at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "array" ? `at most ${issue.maximum} entries` : `at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** Path as it is written with `pulumi config set --path`. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.map(String).reduce((whole, part) => {
    if (whole === "") return part;
    return /^\d+$/.test(part) ? `${whole}[${part}]` : `${whole}.${part}`;
  }, "");
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined,
    root,
  );
}
