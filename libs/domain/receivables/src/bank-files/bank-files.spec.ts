import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import fc from 'fast-check';
import { readBankFile } from '../index.js';
import {
  bgMaxDeposit,
  bgMaxEnd,
  bgMaxFile,
  bgMaxOpening,
  bgMaxPayment,
  bgMaxStart,
  camt053,
  entry,
  latin1,
  structured,
  transaction,
} from './bank-files.fixture.js';

function faultOf(bytes: Uint8Array): string {
  try {
    readBankFile(bytes);
  } catch (error) {
    if (error instanceof Problem) return `${String(error.extra.fault)} ${String(error.extra.at)}`.trim();
    throw error;
  }
  return 'none';
}

const utf8 = (text: string) => new TextEncoder().encode(text);

const statement = camt053(
  entry(`<AcctSvcrRef>E1</AcctSvcrRef><NtryDtls>${transaction('T1', structured('RF18 5390 0754 7034'))}</NtryDtls>`, '200.10') +
    entry(
      `<AcctSvcrRef>E2</AcctSvcrRef><NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>${transaction('T2', '<Ustrd>invoice 655969</Ustrd>', '60.00')}${transaction('T3', structured('RF18539007547034'), '40.00')}</NtryDtls>`,
      '100.00',
    ) +
    entry('<AcctSvcrRef>E3</AcctSvcrRef>', '25.00', 'DBIT') +
    entry('<RvslInd>true</RvslInd><AcctSvcrRef>E4</AcctSvcrRef>', '10.00', 'DBIT') +
    entry('', '999.00', 'CRDT', '<Sts><Cd>PDNG</Cd></Sts>'),
);

describe('BgMax', () => {
  it('reads payments, deductions, several references, messages and payers', () => {
    const { format, payments } = readBankFile(bgMaxFile);
    expect(format).toBe('bgmax');
    expect(payments).toMatchObject([
      {
        kind: 'payment',
        identity: 'bgmax:9912346:2026-11-05:00074:000000000010',
        amount: '1000',
        currency: 'SEK',
        bookedOn: '2026-11-05',
        account: '9912346',
        reference: '655969',
        payer: { name: 'Kalles Plåt AB', bankgiro: '3783511', registrationNumber: '5500001234' },
        at: 'line 3',
      },
      { kind: 'reversal', amount: '200' },
      {
        amount: '1400',
        reference: undefined,
        furtherReferences: [
          { reference: '657866', amount: '1500' },
          { reference: '658765', amount: '-100' },
        ],
        text: '657866 658765 Tack för i höst',
      },
      { amount: '50', reference: undefined, payer: undefined },
    ]);
  });

  it('tells payments apart that share Bankgirot’s serial number, the same way at every reading', () => {
    const identities = readBankFile(bgMaxFile).payments.map((payment) => payment.identity);
    expect(new Set(identities).size).toBe(4);
    expect(readBankFile(bgMaxFile).payments.map((payment) => payment.identity)).toEqual(identities);
  });

  it('counts tabs as columns and does without trailing spaces and line ends', () => {
    const lines = [
      bgMaxStart,
      bgMaxOpening,
      bgMaxPayment({ code: '20', reference: '655969', amount: 100 }),
      '220003783511\t\t       657965000000000000000000220000000000140',
      bgMaxDeposit(100, 1),
      bgMaxEnd(1, 0, 1, 1),
    ];
    const { payments } = readBankFile(Buffer.from(lines.join('\n'), 'latin1'));
    expect(payments[0]?.furtherReferences).toEqual([{ reference: '657965' }]);
  });

  it('names the line of what is wrong', () => {
    const payment = bgMaxPayment({ code: '20', reference: '1', amount: 100 });
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment))).toBe('cut line 3');
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment, bgMaxEnd(1, 0, 0, 0)))).toBe('cut line 4');
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment, bgMaxDeposit(101, 1), bgMaxEnd(1, 0, 0, 1)))).toBe('totals line 4');
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment, bgMaxDeposit(100, 2), bgMaxEnd(1, 0, 0, 1)))).toBe('totals line 4');
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment, bgMaxDeposit(100, 1), bgMaxEnd(2, 0, 0, 1)))).toBe('totals line 5');
    expect(faultOf(latin1(bgMaxStart, payment))).toBe('malformed line 2');
    expect(faultOf(latin1(bgMaxStart, bgMaxOpening, payment.replace('000100', '0001x0'), bgMaxDeposit(100, 1)))).toBe(
      'malformed line 3',
    );
    expect(faultOf(latin1(bgMaxStart, '99'))).toBe('malformed line 2');
    expect(faultOf(latin1('01AUTOGIRO'))).toBe('unknown_format line 1');
  });

  it('refuses a file that was converted to another encoding', () => {
    const text = Buffer.from(bgMaxFile).toString('latin1');
    expect(faultOf(Buffer.from(text, 'utf8'))).toBe('encoding line 4');
    expect(faultOf(Buffer.from(`\uFEFF${text}`, 'utf8'))).toBe('encoding line 1');
    expect(faultOf(Buffer.from(text, 'utf16le'))).toBe('encoding line 1');
  });

  it('never takes a cut file for a whole one', () => {
    const whole = bgMaxFile.length - 2;
    fc.assert(
      fc.property(fc.integer({ min: 1, max: whole - 50 }), (length) =>
        /^(cut|malformed|unknown_format|totals)/.test(faultOf(bgMaxFile.subarray(0, length))),
      ),
    );
  });
});

describe('camt', () => {
  it('reads booked credits with their references, and a reversed credit; skips the rest by name', () => {
    const { format, payments, skipped } = readBankFile(statement);
    expect(format).toBe('camt.053');
    expect(payments).toMatchObject([
      {
        kind: 'payment',
        identity: 'camt:NL91ABNA0417164300:T1',
        amount: '200.1',
        currency: 'EUR',
        bookedOn: '2026-11-05',
        account: 'NL91ABNA0417164300',
        reference: 'RF18 5390 0754 7034',
        payer: { name: 'Jansen & Zn.', iban: 'NL91ABNA0417164300' },
        at: 'Stmt[1]/Ntry[1]/NtryDtls[1]/TxDtls[1]',
      },
      { amount: '60', text: 'invoice 655969', reference: undefined },
      { amount: '40', identity: 'camt:NL91ABNA0417164300:T3' },
      { kind: 'reversal', amount: '10', at: 'Stmt[1]/Ntry[4]' },
    ]);
    expect(skipped).toEqual([
      { at: 'Stmt[1]/Ntry[3]', reason: 'outgoing' },
      { at: 'Stmt[1]/Ntry[5]', reason: 'not_booked' },
    ]);
  });

  it('reads a notification of version 2 with prefixes, plain status and the name in the debtor', () => {
    const file = utf8(`<?xml version="1.0" encoding="ISO-8859-1"?>
      <n:Document xmlns:n="urn:iso:std:iso:20022:tech:xsd:camt.054.001.02"><n:BkToCstmrDbtCdtNtfctn><n:Ntfctn><n:Id>N1</n:Id>
      <n:Ntry><n:Amt Ccy="SEK">0125.00</n:Amt><n:CdtDbtInd>CRDT</n:CdtDbtInd><n:Sts>BOOK</n:Sts><n:BookgDt><n:DtTm>2026-11-05T10:00:00+01:00</n:DtTm></n:BookgDt>
      <n:NtryDtls><n:TxDtls><n:RltdPties><n:Dbtr><n:Nm>Ada &#229; &amp; B</n:Nm></n:Dbtr></n:RltdPties><n:RmtInf>
      <n:Strd><n:CdtrRefInf><n:Ref>655969</n:Ref></n:CdtrRefInf></n:Strd></n:RmtInf></n:TxDtls></n:NtryDtls></n:Ntry>
      </n:Ntfctn></n:BkToCstmrDbtCdtNtfctn></n:Document>`);
    expect(readBankFile(file)).toMatchObject({
      format: 'camt.054',
      payments: [
        {
          amount: '125',
          currency: 'SEK',
          reference: '655969',
          bookedOn: '2026-11-05',
          identity: 'camt::N1:1',
          payer: { name: 'Ada å & B' },
        },
      ],
    });
  });

  it('tells payments apart to which a bank gave one reference', () => {
    const file = camt053(entry('<AcctSvcrRef>X</AcctSvcrRef>', '200.00') + entry('<AcctSvcrRef>X</AcctSvcrRef>', '65.10'));
    expect(readBankFile(file).payments.map(({ identity }) => identity)).toEqual([
      'camt:NL91ABNA0417164300:X',
      'camt:NL91ABNA0417164300:X:2',
    ]);
  });

  it('keeps an entry whole whose transactions have no amounts, with all their references', () => {
    const file = camt053(
      entry(`<NtryDtls>${transaction('A', structured('655969'))}${transaction('B', structured('657866'))}</NtryDtls>`, '265.10'),
    );
    expect(readBankFile(file).payments).toMatchObject([
      { amount: '265.1', furtherReferences: [{ reference: '655969' }, { reference: '657866' }] },
    ]);
  });

  it('checks the sums that a file states about itself', () => {
    expect(faultOf(camt053(entry('', '265.11')))).toBe('totals Stmt[1]/Bal');
    const twice = transaction('A', '', '100.00') + transaction('B', '', '100.00');
    expect(faultOf(camt053(entry(`<NtryDtls>${twice}</NtryDtls>`, '265.10')))).toBe('totals Stmt[1]/Ntry[1]');
    expect(faultOf(camt053(entry(`<NtryDtls><Btch><NbOfTxs>3</NbOfTxs></Btch>${twice}</NtryDtls>`, '200.00')))).toBe(
      'totals Stmt[1]/Ntry[1]/NtryDtls[1]/Btch/NbOfTxs',
    );
    const summary = '<TxsSummry><TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries></TxsSummry>';
    expect(faultOf(camt053(summary + entry('', '265.10')))).toBe('totals Stmt[1]/TxsSummry/TtlNtries/NbOfNtries');
    expect(faultOf(camt053(summary.replace('<NbOfNtries>2</NbOfNtries>', '<Sum>1.00</Sum>') + entry('', '265.10')))).toBe(
      'totals Stmt[1]/TxsSummry/TtlNtries/Sum',
    );
  });

  it('names the element of what is wrong', () => {
    expect(faultOf(camt053(entry('', '-1')))).toBe('malformed Stmt[1]/Ntry[1]/Amt');
    expect(faultOf(camt053(entry('', '1', 'CREDIT')))).toBe('malformed Stmt[1]/Ntry[1]/CdtDbtInd');
    expect(faultOf(camt053(entry('', '1').replace('2026-11-05', '2026-13-05')))).toBe('malformed Stmt[1]/Ntry[1]/BookgDt');
    expect(faultOf(camt053(entry('', '1').replace('"EUR"', '"EURO"')))).toBe('malformed Stmt[1]/Ntry[1]/Amt');
    expect(faultOf(utf8('<Document><pain.001/></Document>'))).toBe('unknown_format Document');
  });

  it('expands no entities, fetches nothing, and refuses other encodings', () => {
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>';
    expect(faultOf(utf8(`<?xml version="1.0"?>${bomb}<Document>&b;</Document>`))).toBe('malformed DOCTYPE');
    expect(faultOf(utf8('<!DOCTYPE x SYSTEM "file:///etc/passwd"><Document/>'))).toBe('malformed DOCTYPE');
    expect(faultOf(Buffer.from(Buffer.from(statement).toString('utf8'), 'utf16le'))).toBe('encoding line 1');
    expect(faultOf(utf8('<?xml version="1.0" encoding="EBCDIC"?><Document/>'))).toBe('encoding line 1');
    expect(faultOf(Buffer.from('<?xml version="1.0"?><Document>\u00E5</Document>', 'latin1'))).toBe('encoding line 1');
    expect(faultOf(utf8(`${'<a>'.repeat(5000)}${'</a>'.repeat(5000)}`))).toMatch(/^malformed/);
  });

  it('never takes a cut file for a whole one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: statement.length - 3 }), (length) =>
        /^(cut|malformed|unknown_format|encoding)/.test(faultOf(statement.subarray(0, length))),
      ),
    );
  });
});

describe('any bank file', () => {
  it('is told apart by what it holds; an empty one is refused', () => {
    expect(faultOf(new Uint8Array())).toBe('empty');
    expect(faultOf(utf8(' \r\n '))).toBe('empty');
    expect(faultOf(utf8('date;amount'))).toBe('unknown_format line 1');
  });

  it('never fails with anything but a problem, whatever the bytes', () => {
    const mutated = fc
      .tuple(fc.constantFrom(bgMaxFile, statement), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }))
      .map(([file, changes]) => {
        const copy = Uint8Array.from(file);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 200 })), (bytes) => {
        faultOf(bytes);
      }),
      { numRuns: 500 },
    );
  });
});
