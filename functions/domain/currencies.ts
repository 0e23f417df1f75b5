/**
 * Active currencies and funds of ISO 4217 with their minor units: list one of the maintenance agency (SIX),
 * as published on 2026-01-01, through the public-domain table github.com/datasets/currency-codes (2026-02-01).
 *
 * Left out are the two codes that denote no money: XTS (reserved for tests) and XXX (no currency involved).
 */
const CODES_BY_MINOR_UNITS: ReadonlyArray<readonly [minorUnits: number | undefined, codes: string]> = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"],
  [
    2,
    `
      AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE
      CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
      HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK
      MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD
      RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH
      USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    `,
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
  [4, "CLF UYW"],
  [undefined, "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XUA"],
];

const MINOR_UNITS: ReadonlyMap<string, number | undefined> = new Map(
  CODES_BY_MINOR_UNITS.flatMap(([minorUnits, codes]) =>
    codes
      .trim()
      .split(/\s+/)
      .map((code) => [code, minorUnits] as const),
  ),
);

/** Every accepted currency code, in alphabetical order. */
export const CURRENCY_CODES: readonly string[] = [...MINOR_UNITS.keys()].sort();

/** Whether `code` is an active ISO 4217 code, in upper case. */
export function isCurrency(code: string): boolean {
  return MINOR_UNITS.has(code);
}

/**
 * Digits after the decimal point of the currency's smallest unit; undefined where ISO 4217 defines none, as for
 * gold, and for unknown codes. Metadata only: it limits no amount.
 */
export function minorUnits(code: string): number | undefined {
  return MINOR_UNITS.get(code);
}
