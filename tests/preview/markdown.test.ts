import { expect } from "chai";
import type { ResourceChange } from "../../local/preview/compare.ts";
import type { Preview } from "../../local/preview/report.ts";
import { MAXIMUM_MARKDOWN_BYTES, previewMarkdown } from "../../local/preview/show-markdown.ts";

const queue = (index: number, value = "a"): ResourceChange => ({
  urn: `urn:pulumi:dev::example::aws:sqs/queue:Queue::queue-${index}`,
  type: "aws:sqs/queue:Queue",
  name: `queue-${index}`,
  region: "us-east-1",
  properties: [{ path: "name", before: value, after: `${value}2`, replaces: true }],
  deleteBeforeReplace: false,
  loses: "all messages in it",
});

function report(change: Partial<NonNullable<Preview["comparison"]>> = {}): Preview {
  return {
    version: 1,
    stack: "dev",
    resources: { total: 1, components: [], types: {} },
    policies: [],
    cost: { volume: 1000, total: 3, fixed: 2, perTrade: 1, items: [], unpriced: [], assumptions: [] },
    comparison: {
      ...{ base: "main (0123456)", added: [], changed: [], replaced: [], removed: [], outputs: [] },
      cost: { before: 2.5, after: 3 },
      ...change,
    },
  };
}

describe("a preview as Markdown", () => {
  it("says plainly that nothing changes", () => {
    expect(previewMarkdown(report(), { types: false })).to.include(
      "Compared with `main (0123456)`, nothing changes. Cost: $2.50 → **$3.00** a month (+0.50).",
    );
  });

  it("begins with what is lost, then shows old and new", () => {
    const text = previewMarkdown(report({ replaced: [queue(1)] }), { types: false });
    expect(text).to.include("**1 replaced, 0 removed, 0 changed, 0 added**");
    const warning = text.indexOf("- :warning: `sqs Queue queue-1 (us-east-1)` loses all messages in it");
    expect(warning).to.be.greaterThan(0);
    expect(text.indexOf("  - `name: a → a2 (replaces)`")).to.be.greaterThan(warning);
  });

  it("stays below its bound, so that two stacks fit into GitHub's 65,536 characters, and says what it cut", () => {
    const replaced = Array.from({ length: 5000 }, (_, index) => queue(index, "é".repeat(500)));
    const text = previewMarkdown(report({ replaced, removed: replaced }), { types: true });
    expect(Buffer.byteLength(text)).to.be.within(MAXIMUM_MARKDOWN_BYTES / 2, MAXIMUM_MARKDOWN_BYTES);
    expect(MAXIMUM_MARKDOWN_BYTES * 2).to.be.below(65_536);
    expect(text).to.match(/_… and \d+ more lines; `npm run preview` shows them all_/);
    // What is short is not cut.
    expect(text).to.include("**5000 replaced, 5000 removed, 0 changed, 0 added**");
  });

  it("lets no value end its code, mention a person or hold markup", () => {
    const hostile = { path: "name", before: "a` @someone <img src=x>", after: "b", replaces: false };
    const policies = [
      {
        ...{ name: "rule", description: "", remedy: "ask @someone <script>" },
        violations: [
          { urn: "", resource: "q", message: "**bold** [x](http://y) |", level: "mandatory" as const },
        ],
      },
    ];
    const text = previewMarkdown(
      { ...report({ changed: [{ ...queue(1), properties: [hostile] }] }), policies },
      { types: false },
    );
    expect(text).to.include("`name: a' @someone <img src=x> → b`");
    expect(text).to.include("ask @\u200bsomeone &lt;script>");
    expect(text).to.include("\\*\\*bold\\*\\* \\[x\\](http://y) \\|");
  });
});
