import { ServiceError } from "../service.ts";
import { escapeXml } from "./query-protocol.ts";

/** The simple XML of AWS's REST XML requests: elements with text or elements in them; attributes mean nothing. */
export interface XmlElement {
  readonly name: string;
  /** Empty if it holds elements. */
  text: string;
  readonly children: XmlElement[];
}

/** Elements within each other: far more than any request has. */
const MAXIMUM_DEPTH = 32;
const TOKEN = /<\?[^>]*\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.:-]*)([^<>]*?)(\/?)>|([^<]+)/gy;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The root element of a document. Throws MalformedInput; document types and CDATA are among what is not read. */
export function parseXml(document: string): XmlElement {
  const root: XmlElement = { name: "", text: "", children: [] };
  const open = [root];
  let end = 0;
  for (const token of document.matchAll(TOKEN)) {
    end = token.index + token[0].length;
    const [, closing, name, , selfClosing, text] = token;
    const current = open.at(-1);
    if (!current || open.length > MAXIMUM_DEPTH) throw malformed(token.index);
    if (text !== undefined) current.text += unescapeXml(text, token.index);
    else if (name === undefined) continue;
    else if (closing) {
      if (current.name !== name) throw malformed(token.index);
      open.pop();
    } else {
      const element: XmlElement = { name, text: "", children: [] };
      current.children.push(element);
      if (!selfClosing) open.push(element);
    }
  }
  const [only, ...others] = root.children;
  if (end !== document.length || open.length !== 1 || !only || others.length > 0 || root.text.trim() !== "")
    throw malformed(end);
  return only;
}

function unescapeXml(text: string, at: number): string {
  return text.replace(/&([^;]*);?/g, (entity, name: string) => {
    const code = /^#(?:x([\da-f]{1,6})|(\d{1,7}))$/i.exec(name);
    const point = code ? Number.parseInt(code[1] ?? code[2] ?? "", code[1] ? 16 : 10) : Number.NaN;
    if (entity.endsWith(";") && point <= 0x10ffff) return String.fromCodePoint(point);
    const known = Object.hasOwn(ENTITIES, name) && entity.endsWith(";") ? ENTITIES[name] : undefined;
    if (known === undefined) throw malformed(at);
    return known;
  });
}

function malformed(at: number): ServiceError {
  return new ServiceError(
    "MalformedInput",
    `The request's body is not XML that is read here (character ${at + 1})`,
  );
}

/** An element with this content, which may be text, or elements by their names; members that are undefined are left out. */
export function writeXml(name: string, value: unknown, listed: (list: string) => string): string {
  if (value === undefined || value === null) return "";
  return `<${name}>${content(name, value, listed)}</${name}>`;
}

/** `listed` says what the members of a list are called. */
function content(name: string, value: unknown, listed: (list: string) => string): string {
  if (Array.isArray(value)) return value.map((each) => writeXml(listed(name), each, listed)).join("");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => writeXml(key, inner, listed))
      .join("");
  return escapeXml(String(value));
}
