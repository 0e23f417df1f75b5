import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "chai";

const ROOT = join(import.meta.dirname, "../..");
const DOCUMENTS = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
/** Folders of this project, and what in a name stands for something else. */
const FILE = /^(?:components|docs|functions|local|ops|policy|tests)\/[\w./-]+$/;
/** Folders that commands make. */
const MADE = /^policy\/dist\b/;

const textOf = (path: string): string => readFileSync(path, "utf8");
const withoutCode = (text: string): string =>
  text.replaceAll(/^```[\s\S]*?^```$/gm, "").replaceAll(/^ {4}.*$/gm, "");

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): string[] {
  const headings = withoutCode(textOf(path)).matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, title = ""]) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
}

/** Links of a document that lead nowhere, and files that it names and that are not there. */
function broken(document: string): string[] {
  const path = join(ROOT, document);
  const text = withoutCode(textOf(path));
  const links = [...text.replaceAll(/`[^`]*`/g, "").matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = ""]) => to);
  const dead = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [file = "", anchor] = link.split("#");
    const target = file === "" ? path : resolve(dirname(path), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  const named = [...text.matchAll(/`([^`\s]+)`/g)].map(([, name = ""]) => name);
  const missing = named.filter(
    (name) => FILE.test(name) && !MADE.test(name) && !existsSync(join(ROOT, name)),
  );
  return [...dead, ...missing].map((each) => `${document}: ${each}`);
}

describe("Links in README and docs", () => {
  it("lead to files and headings that are there, as do the names of files", () => {
    expect(DOCUMENTS.flatMap(broken)).to.deep.equal([]);
  });

  it("are many, so that the check sees them", () => {
    const links = DOCUMENTS.map((document) => textOf(join(ROOT, document)))
      .join("\n")
      .match(/\]\([^)\s]+\)/g);
    expect(links?.length).to.be.greaterThan(30);
    expect(anchorsOf(join(ROOT, "docs/deploy.md"))).to.include("network-and-what-it-costs");
  });
});
