/** One fact or figure of a report: its name in JSON, what people read, and its value. */
export interface Fact {
  readonly name: string;
  readonly label: string;
  readonly value: string | number;
}

/** A list of a report, of any length. */
export interface ReportList {
  readonly name: string;
  readonly label: string;
  readonly total: number;
  readonly columns: readonly string[];
  entries(): AsyncIterable<{ readonly json: unknown; readonly cells: readonly string[] }>;
}

/** What an auditor keeps of a run. */
export interface Report {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly figures: readonly Fact[];
  readonly lists: readonly ReportList[];
}

/** A list from findings. */
export function listOf<Each>(
  names: { readonly name: string; readonly label: string; readonly columns: readonly string[] },
  findings: { readonly total: number; all(): AsyncIterable<Each> },
  cells: (each: Each) => readonly string[],
): ReportList {
  return {
    ...names,
    total: findings.total,
    async *entries() {
      for await (const each of findings.all()) yield { json: each, cells: cells(each) };
    },
  };
}
