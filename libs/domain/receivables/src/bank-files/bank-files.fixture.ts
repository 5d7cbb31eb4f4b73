/** Bank files that the specs of this folder share, written for them in the banks' formats. */

interface BgMaxPayment {
  readonly code: '20' | '21' | '22' | '23';
  readonly sender?: string;
  readonly reference?: string;
  /** In öre. */
  readonly amount: number;
  readonly referenceCode?: string;
  readonly serial?: number;
}

export function bgMaxPayment({
  code,
  sender = '3783511',
  reference = '',
  amount,
  referenceCode = '2',
  serial = 1,
}: BgMaxPayment): string {
  return `${code}${sender.padStart(10, '0')}${reference.padStart(25)}${String(amount).padStart(18, '0')}${referenceCode}2${String(serial).padStart(12, '0')}0`;
}

export function bgMaxDeposit(öre: number, count: number, serial = 74): string {
  return `15${'0'.repeat(35)}20261105${String(serial).padStart(5, '0')}${String(öre).padStart(18, '0')}SEK${String(count).padStart(8, '0')} `;
}

export const bgMaxStart = '01BGMAX               0120261105173035010331P';
export const bgMaxOpening = '050009912346          SEK';

export function bgMaxEnd(payments: number, deductions: number, references: number, deposits: number): string {
  return `70${[payments, deductions, references, deposits].map((count) => String(count).padStart(8, '0')).join('')}`;
}

export function latin1(...lines: readonly string[]): Uint8Array {
  return Buffer.from(lines.map((line) => `${line.padEnd(80)}\r\n`).join(''), 'latin1');
}

export const bgMaxFile = latin1(
  bgMaxStart,
  bgMaxOpening,
  bgMaxPayment({ code: '20', reference: '655969', amount: 100_000, serial: 10 }),
  '26Kalles Plåt AB',
  '27Storgatan 2                        12345',
  '28Storåker',
  '29005500001234',
  bgMaxPayment({ code: '21', reference: '655969', amount: 20_000, serial: 11 }),
  bgMaxPayment({ code: '20', reference: '657866 658765', amount: 140_000, referenceCode: '3', serial: 12 }),
  bgMaxPayment({ code: '22', reference: '657866', amount: 150_000, serial: 12 }),
  bgMaxPayment({ code: '23', reference: '658765', amount: 10_000, serial: 12 }),
  '25Tack för i höst',
  bgMaxPayment({ code: '20', sender: '', amount: 5_000, referenceCode: '0', serial: 12 }),
  bgMaxDeposit(225_000, 4),
  bgMaxEnd(3, 1, 2, 1),
);

export function entry(body: string, amount: string, sign = 'CRDT', status = '<Sts><Cd>BOOK</Cd></Sts>'): string {
  return `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${sign}</CdtDbtInd>${status}<BookgDt><Dt>2026-11-05</Dt></BookgDt>${body}</Ntry>`;
}

export function transaction(reference: string, remittance: string, amount?: string): string {
  const money = amount === undefined ? '' : `<Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd>`;
  return `<TxDtls><Refs><AcctSvcrRef>${reference}</AcctSvcrRef><EndToEndId>NOTPROVIDED</EndToEndId></Refs>${money}
    <RltdPties><Dbtr><Pty><Nm>Jansen &amp; Zn.</Nm></Pty></Dbtr><DbtrAcct><Id><IBAN>NL91ABNA0417164300</IBAN></Id></DbtrAcct></RltdPties>
    <RmtInf>${remittance}</RmtInf></TxDtls>`;
}

export const structured = (reference: string): string =>
  `<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>${reference}</Ref></CdtrRefInf></Strd>`;

/** Opening and closing balance follow from `opening` and `closing`; leave them out for a notification. */
export function camt053(entries: string, opening = '1000.00', closing = '1265.10'): Uint8Array {
  const balance = (code: string, amount: string) =>
    `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-05</Dt></Dt></Bal>`;
  return new TextEncoder().encode(`<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr>
<Stmt><Id>S-309</Id><Acct><Id><IBAN>NL91 ABNA 0417 1643 00</IBAN></Id></Acct>${balance('OPBD', opening)}${balance('CLBD', closing)}
${entries}</Stmt></BkToCstmrStmt></Document>
`);
}
