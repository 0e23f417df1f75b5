import { isCusip, isIsin, isLei } from "../../functions/domain/identifiers.ts";
import { seededRandom } from "../tape/random.ts";

/** An instrument as an exchange lists it. Names and identifiers are made up; their check digits are right. */
export interface Instrument {
  isin: string;
  /** For instruments of the United States: the nine characters inside the ISIN. */
  cusip?: string;
  symbol: string;
  name: string;
  venue: string;
  currency: string;
  sector: string;
  /** Last price, as decimal text. */
  price: string;
  tickSize: string;
  lotSize: number;
}

const MARKETS = [
  { country: "US", venue: "XNAS", currency: "USD", tick: 2, lot: 100, share: 60 },
  { country: "US", venue: "XNYS", currency: "USD", tick: 2, lot: 100, share: 60 },
  { country: "GB", venue: "XLON", currency: "GBP", tick: 3, lot: 1, share: 40 },
  { country: "DE", venue: "XETR", currency: "EUR", tick: 3, lot: 1, share: 40 },
  { country: "FR", venue: "XPAR", currency: "EUR", tick: 3, lot: 1, share: 30 },
  { country: "JP", venue: "XTKS", currency: "JPY", tick: 0, lot: 100, share: 30 },
  { country: "CH", venue: "XSWX", currency: "CHF", tick: 2, lot: 1, share: 20 },
  { country: "IE", venue: "XDUB", currency: "EUR", tick: 3, lot: 1, share: 20 },
] as const;

const FIRST = [
  "Alder",
  "Beacon",
  "Cobalt",
  "Dover",
  "Ember",
  "Falcon",
  "Garnet",
  "Harbour",
  "Indigo",
  "Juniper",
];
const SECOND = ["Foods", "Energy", "Semiconductor", "Railways", "Therapeutics", "Bank", "Software", "Metals"];
const SECTORS: Readonly<Record<string, string>> = {
  Foods: "Consumer Staples",
  Energy: "Energy",
  Semiconductor: "Information Technology",
  Railways: "Industrials",
  Therapeutics: "Health Care",
  Bank: "Financials",
  Software: "Information Technology",
  Metals: "Materials",
};
const LETTERS_AND_DIGITS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789";

/** The one of the endings that makes the identifier valid. */
function withCheckDigits(stem: string, digits: 1 | 2, valid: (text: string) => boolean): string {
  for (let ending = 0; ending < 10 ** digits; ending += 1) {
    const text = stem + String(ending).padStart(digits, "0");
    if (valid(text)) return text;
  }
  throw new Error(`no check digits make ${stem} valid`);
}

function characters(pick: (items: readonly string[]) => string, length: number): string {
  return Array.from({ length }, () => pick([...LETTERS_AND_DIGITS])).join("");
}

function makeInstruments(): Instrument[] {
  const random = seededRandom(20_260_102);
  const instruments: Instrument[] = [];
  for (const market of MARKETS)
    for (let index = 0; index < market.share; index += 1) {
      const kind = random.pick(SECOND);
      const name = `${random.pick(FIRST)} ${kind} ${market.country}${String(index + 1).padStart(2, "0")}`;
      const cusip =
        market.country === "US" ? withCheckDigits(characters(random.pick, 8), 1, isCusip) : undefined;
      const stem = market.country + (cusip ?? characters(random.pick, 9));
      const cents = random.between(500, 90_000);
      instruments.push({
        isin: withCheckDigits(stem, 1, isIsin),
        ...(cusip ? { cusip } : {}),
        symbol: `${name.slice(0, 2).toUpperCase()}${kind.slice(0, 1)}${market.country}${index + 1}`,
        name,
        venue: market.venue,
        currency: market.currency,
        sector: SECTORS[kind] ?? "Other",
        price: (cents / 100).toFixed(market.tick === 0 ? 0 : 2),
        tickSize: market.tick === 0 ? "1" : `0.${"0".repeat(market.tick - 1)}1`,
        lotSize: market.lot,
      });
    }
  return instruments;
}

/** Three hundred instruments on eight venues; the same on every machine. */
export const INSTRUMENTS: readonly Instrument[] = makeInstruments();

/** Legal entities that trades name as counterparty. */
export const COUNTERPARTIES: readonly string[] = Array.from({ length: 40 }, (_, index) => {
  const random = seededRandom(7_000 + index);
  return withCheckDigits(`5493${characters(random.pick, 14)}`, 2, isLei);
});
