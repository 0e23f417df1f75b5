import { existsSync, readFileSync } from "node:fs";
import { expect } from "chai";

const DOCUMENT = readFileSync("docs/requirements.md", "utf8");
/** Short names of test files, from the document's own table. */
const FILES = new Map(
  [...DOCUMENT.matchAll(/\| (\w+) \| (tests\/[\w./-]+)(?= \|)/g)].map(([, short = "", file = ""]) => [
    short,
    file,
  ]),
);

interface Citation {
  file: string;
  title: string;
}

/** What the last column of each row cites: a file, by path or short name, and titles of its tests in quotes. */
function citations(): Citation[] {
  const words = new RegExp(`(tests/[\\w./-]+\\.ts)|\\b(${[...FILES.keys()].join("|")})(?= ")|"([^"]+)"`, "g");
  return DOCUMENT.split("\n").flatMap((row) => {
    const cell = /\|([^|]*)\|\s*$/.exec(row)?.[1] ?? "";
    let file = "";
    return [...cell.matchAll(words)].flatMap(([, path, short, title]) => {
      file = path ?? (short === undefined ? file : (FILES.get(short) ?? ""));
      return title === undefined ? [] : [{ file, title }];
    });
  });
}

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Titles of a file's tests, as patterns: what a title has filled in may be anything. */
function titlesIn(file: string): RegExp[] {
  const source = existsSync(file) ? readFileSync(file, "utf8") : "";
  return [...source.matchAll(/\b(?:it|describe)\(\s*(?:"([^"]*)"|`([^`]*)`)/g)].map(
    ([, plain, template = ""]) =>
      new RegExp(
        `^${
          plain === undefined
            ? template
                .split(/\$\{[^}]*(?:\}|$)/)
                .map(escaped)
                .join(".*")
            : escaped(plain)
        }$`,
      ),
  );
}

function isThere({ file, title }: Citation): boolean {
  const [start = ""] = title.split("…");
  return titlesIn(file).some((pattern) =>
    title.endsWith("…") ? pattern.source.startsWith(`^${escaped(start.trimEnd())}`) : pattern.test(title),
  );
}

describe("docs/requirements.md", () => {
  it("cites tests that there are", () => {
    const cited = citations();
    expect(cited).to.have.length.above(100);
    expect(cited.filter((each) => !isThere(each))).to.deep.equal([]);
  });
});
