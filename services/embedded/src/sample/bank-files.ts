/** What a customer pays, as a bank tells it. Amounts are decimal strings. */
export interface BankPayment {
  readonly amount: string;
  readonly reference: string;
  readonly payer: string;
  /** `yyyy-mm-dd` */
  readonly day: string;
}

/** A camt.054 notification (ISO 20022, camt.054.001.08) of credit transfers with structured creditor references. */
export function camt054(account: string, currency: string, payments: readonly BankPayment[], messageId: string): string {
  const entries = payments.map(
    ({ amount, reference, payer, day }, i) => `      <Ntry>
        <NtryRef>${messageId}-${i + 1}</NtryRef>
        <Amt Ccy="${currency}">${amount}</Amt>
        <CdtDbtInd>CRDT</CdtDbtInd>
        <Sts><Cd>BOOK</Cd></Sts>
        <BookgDt><Dt>${day}</Dt></BookgDt>
        <AcctSvcrRef>${messageId}-${i + 1}</AcctSvcrRef>
        <BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
        <NtryDtls><TxDtls>
          <Refs><AcctSvcrRef>${messageId}-${i + 1}</AcctSvcrRef><EndToEndId>${reference}</EndToEndId></Refs>
          <Amt Ccy="${currency}">${amount}</Amt>
          <CdtDbtInd>CRDT</CdtDbtInd>
          <RltdPties><Dbtr><Pty><Nm>${escapeXml(payer)}</Nm></Pty></Dbtr></RltdPties>
          <RmtInf><Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>${reference}</Ref></CdtrRefInf></Strd></RmtInf>
        </TxDtls></NtryDtls>
      </Ntry>`,
  );
  const created = payments[0]?.day ?? '2026-01-01';
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08">
  <BkToCstmrDbtCdtNtfctn>
    <GrpHdr><MsgId>${messageId}</MsgId><CreDtTm>${created}T18:00:00Z</CreDtTm></GrpHdr>
    <Ntfctn>
      <Id>${messageId}</Id>
      <CreDtTm>${created}T18:00:00Z</CreDtTm>
      <Acct><Id><IBAN>${account}</IBAN></Id><Ccy>${currency}</Ccy></Acct>
${entries.join('\n')}
    </Ntfctn>
  </BkToCstmrDbtCdtNtfctn>
</Document>
`;
}

/**
 * A BgMax file (Bankgirot, “Bankgiro Inbetalningar”): start record 01, an opening 05 per receiving bankgiro, payments 20 with
 * their OCR reference, the payer's name 26, a deposit 15 and the end record 70. Records are 80 characters.
 */
export function bgmax(bankgiro: string, payments: readonly BankPayment[], fileTime: string): string {
  const record = (text: string) => text.padEnd(80, ' ');
  const number = (value: bigint | number, width: number) => String(value).padStart(width, '0');
  const ore = (amount: string) => BigInt(amount.replace(/\.(\d\d)$/, '$1'));
  const giro = bankgiro.replace(/\D/g, '').padStart(10, '0');
  const day = (payments[0]?.day ?? '2026-01-01').replaceAll('-', '');
  const sum = payments.reduce((total, payment) => total + ore(payment.amount), 0n);
  const stamp = `${fileTime.replace(/\D/g, '').slice(0, 14).padEnd(14, '0')}${'0'.repeat(6)}`;
  const lines = [
    record(`01BGMAX${' '.repeat(15)}01${stamp}P`),
    record(`05${giro}${' '.repeat(10)}SEK`),
    ...payments.flatMap((payment, i) => [
      record(`20${'0'.repeat(10)}${payment.reference.padStart(25, ' ')}${number(ore(payment.amount), 18)}21${number(i + 1, 12)}0`),
      record(`26${payment.payer.slice(0, 35)}`),
    ]),
    record(`15${'0'.repeat(31)}${'58056201'.padStart(4, '0').slice(-4)}${day}${'00001'}${number(sum, 18)}SEK${number(payments.length, 8)}`),
    record(`70${number(payments.length, 8)}${number(0, 8)}${number(0, 8)}${number(1, 8)}`),
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
