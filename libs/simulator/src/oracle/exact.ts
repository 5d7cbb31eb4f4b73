/** Decimals as whole numbers of 10⁻¹²: enough for every price times every quantity that the workload has. */
export type Exact = bigint;

const digits = 12;
export const one: Exact = 10n ** BigInt(digits);

/** @throws RangeError for what is not a decimal, or has more digits than the oracle keeps */
export function exact(text: string): Exact {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  const [, sign = '', whole = '0', fraction = ''] = match ?? [];
  if (!match || fraction.replace(/0+$/, '').length > digits) throw new RangeError(`${JSON.stringify(text)} is not a decimal that the oracle reads`);
  const units = BigInt(whole) * one + BigInt(fraction.slice(0, digits).padEnd(digits, '0'));
  return sign === '-' ? -units : units;
}

export function times(a: Exact, b: Exact): Exact {
  const product = a * b;
  if (product % one !== 0n) throw new RangeError('a product has more digits than the oracle keeps');
  return product / one;
}

/** Half away from zero, to hundredths. */
export function toCents(value: Exact): Exact {
  const cent = one / 100n;
  const size = value < 0n ? -value : value;
  const rounded = ((size + cent / 2n) / cent) * cent;
  return value < 0n ? -rounded : rounded;
}

export function sum(values: Iterable<Exact>): Exact {
  let total = 0n;
  for (const value of values) total += value;
  return total;
}

export function show(value: Exact): string {
  const size = value < 0n ? -value : value;
  const fraction = (size % one).toString().padStart(digits, '0').replace(/0+$/, '');
  return `${value < 0n ? '-' : ''}${size / one}${fraction ? `.${fraction}` : ''}`;
}
