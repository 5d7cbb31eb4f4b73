/**
 * The check digit of the 10-modulus method (Luhn, ISO/IEC 7812-1 annex B) that Bankgirot uses for OCR references and
 * bankgiro numbers: digits are weighted 2, 1, 2 … from the right, digit sums are added, the rest to the next ten is
 * the check digit. `digits` holds only 0–9.
 */
export function mod10CheckDigit(digits: string): string {
  let sum = 0;
  for (let i = digits.length - 1, weight = 2; i >= 0; i--, weight = 3 - weight) {
    const product = Number(digits.charAt(i)) * weight;
    sum += product > 9 ? product - 9 : product;
  }
  return String((10 - (sum % 10)) % 10);
}

/** Whether the last digit of `digits` is the check digit of those before it. */
export function hasMod10CheckDigit(digits: string): boolean {
  return /^\d{2,}$/.test(digits) && mod10CheckDigit(digits.slice(0, -1)) === digits.slice(-1);
}
