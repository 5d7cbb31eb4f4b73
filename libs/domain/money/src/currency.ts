/**
 * Digits after the point of every active currency: ISO 4217 list one, state of 2026-01-01 (with the Caribbean guilder
 * XCG of 2025-03-31, the Arab accounting dinar XAD of 2025, and without the Bulgarian lev, replaced by the euro on
 * 2026-01-01). Source: SIX Financial Information AG, maintenance agency of ISO 4217, "List one: Currency, fund and
 * precious metal codes". Codes are grouped by their number of digits.
 */
const codesByMinorUnit: ReadonlyMap<number, string> = new Map([
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'],
  [
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP
     CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD
     KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
     PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU
     UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
  [4, 'CLF UYW'],
]);

/** Metals, units of account, and the codes for testing and for no currency: the standard gives them no minor unit. */
const codesWithoutMinorUnit = 'XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX';

const minorUnits: ReadonlyMap<string, number | undefined> = new Map([
  ...[...codesByMinorUnit].flatMap(([digits, codes]) => codes.split(/\s+/).map((code): [string, number] => [code, digits])),
  ...codesWithoutMinorUnit.split(' ').map((code): [string, undefined] => [code, undefined]),
]);

/** A currency that money is charged in: an active ISO 4217 code, in capitals, that has a minor unit. */
export function isCurrency(code: string): boolean {
  return minorUnits.get(code) !== undefined;
}

/** All codes that `isCurrency` accepts, sorted. */
export function currencies(): readonly string[] {
  return [...minorUnits.keys()].filter(isCurrency).sort();
}

export class UnknownCurrencyError extends Error {
  override readonly name = 'UnknownCurrencyError';

  constructor(readonly currency: string) {
    super(`${JSON.stringify(currency)} is not an active ISO 4217 currency with a minor unit; write a code such as SEK or EUR`);
  }
}

/** Digits after the point of the currency's smallest unit: 2 for EUR, 0 for JPY. @throws UnknownCurrencyError */
export function minorUnitDigits(currency: string): number {
  const digits = minorUnits.get(currency);
  if (digits === undefined) throw new UnknownCurrencyError(currency);
  return digits;
}
