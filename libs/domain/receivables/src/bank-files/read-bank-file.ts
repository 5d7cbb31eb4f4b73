import { readBgMax } from './bgmax.js';
import { readCamt } from './camt.js';
import { type BankFile, bankFileProblem } from './incoming-payment.js';

export const largestBankFileBytes = 50 * 1024 * 1024;

/**
 * Reads a camt.053, camt.054 or BgMax file by what it holds. The whole file is checked, its own totals too, before any
 * payment is given out.
 * @throws Problem made by `bankFileProblem`.
 */
export function readBankFile(bytes: Uint8Array): BankFile {
  if (bytes.length > largestBankFileBytes) {
    throw bankFileProblem(
      'too_large',
      '',
      `The file has ${bytes.length} bytes; at most ${largestBankFileBytes} are read. Ask the bank for smaller files.`,
    );
  }
  const start = new TextDecoder('latin1')
    .decode(bytes.subarray(0, 512))
    .replace(/^(?:\u00EF\u00BB\u00BF|\u00FE\u00FF|\u00FF\u00FE)/, '');
  const printable = start.replaceAll('\0', '').trimStart();
  if (printable === '') {
    throw bankFileProblem('empty', '', 'The file is empty; fetch it from the bank again.');
  }
  if (printable.startsWith('<')) return readCamt(bytes);
  if (/^\d\d/.test(printable)) return readBgMax(bytes);
  throw bankFileProblem(
    'unknown_format',
    'line 1',
    'This is neither a camt.053/054 (XML) nor a BgMax file (its first record begins with 01BGMAX).',
  );
}
