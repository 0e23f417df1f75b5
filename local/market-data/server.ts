import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { isCurrency, minorUnits } from "../../functions/domain/currencies.ts";
import type {
  Currency,
  Instrument as InstrumentAnswer,
  Problem,
} from "../../functions/domain/market-data.ts";
import { INSTRUMENTS, type Instrument } from "./instruments.ts";

export interface MarketDataServer {
  /** Base URL for the parameter api-endpoint. */
  readonly url: string;
  /** Requests answered so far. */
  readonly requests: number;
  /** While false, every request is answered with 503, as an API that is down behind its load balancer. */
  available: boolean;
  close(): Promise<void>;
}

const BASE = "/v1";
const AS_OF = "2026-01-02T14:30:00Z";
/** Units of the currency for one US dollar; what is not listed has no reference rate. */
const RATES: Readonly<Record<string, string>> = {
  CHF: "0.79",
  EUR: "0.85",
  GBP: "0.74",
  JPY: "156.7",
  USD: "1",
};

const byIdentifier = new Map<string, Instrument>(
  INSTRUMENTS.flatMap((each) => [
    [each.isin, each] as const,
    ...(each.cusip ? [[each.cusip, each] as const] : []),
  ]),
);
const currencyNames = new Intl.DisplayNames(["en"], { type: "currency" });

/**
 * Serves the market data API of `docs/market-data-api.md` on 127.0.0.1, with three hundred instruments and every
 * active currency.
 */
export async function startMarketData(port = 0): Promise<MarketDataServer> {
  let requests = 0;
  let available = true;
  const server = createServer((request, response) => {
    requests += 1;
    const [status, body] = available
      ? answer(request.method ?? "", pathOf(request.url ?? "/"))
      : [503, { error: "unavailable" } satisfies Problem];
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${address.port}${BASE}`,
    get requests() {
      return requests;
    },
    get available() {
      return available;
    },
    set available(value: boolean) {
      available = value;
    },
    close: () => close(server),
  };
}

/** The path of a request's target, which is a path or a whole URL; undefined for anything else (RFC 9112, 3.2). */
function pathOf(target: string): string | undefined {
  // Not resolved against a base: what follows two slashes would be read as a host.
  return URL.parse(target.startsWith("/") ? `http://localhost${target}` : target)?.pathname;
}

function answer(method: string, path: string | undefined): [number, InstrumentAnswer | Currency | Problem] {
  if (path === undefined) return [400, { error: "the request's target must be a path" }];
  if (method !== "GET") return [405, { error: `method ${method} is not supported; use GET` }];
  const [, base, collection, encoded, ...rest] = path.split("/");
  const id = encoded === undefined ? "" : decode(encoded);
  if (`/${base}` !== BASE || id === "" || rest.length > 0) return [404, { error: "no such resource" }];
  if (collection === "instruments") {
    const instrument = byIdentifier.get(id);
    return instrument
      ? [200, instrumentAnswer(id, instrument)]
      : [404, { error: "unknown instrument" } satisfies Problem];
  }
  if (collection === "currencies")
    return isCurrency(id) ? [200, currencyAnswer(id)] : [404, { error: "unknown currency" }];
  return [404, { error: "no such resource" }];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function instrumentAnswer(id: string, instrument: Instrument): InstrumentAnswer {
  return {
    id,
    name: instrument.name,
    assetClass: "equity",
    currency: instrument.currency,
    primaryVenue: instrument.venue,
    lotSize: String(instrument.lotSize),
    tickSize: instrument.tickSize,
    asOf: AS_OF,
  };
}

function currencyAnswer(code: string): Currency {
  const digits = minorUnits(code);
  const rate = RATES[code];
  return {
    code,
    name: currencyNames.of(code) ?? code,
    ...(digits === undefined ? {} : { minorUnits: digits }),
    ...(rate ? { referenceRate: { currency: "USD", rate } } : {}),
    asOf: AS_OF,
  };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
}
