import { Decimal, decimalFault, describeDecimalFault } from '@tollkeeper/money';

/** One thing that is wrong with a document, and where: `versions[0].prices[2].price.unit_price`. */
export interface PriceListFault {
  readonly path: string;
  /** Continues the path to a sentence: "must be …", "has …". */
  readonly message: string;
}

/** Digits of a price. */
const priceLimits = { maxIntegerDigits: 15, maxFractionDigits: 20 };
const maxTextLength = 500;

/** Reads the members of one object from outside, and gathers what is wrong with them instead of stopping at the first. */
export class Fields {
  private readonly members: Readonly<Record<string, unknown>>;
  private readonly read = new Set<string>();

  constructor(
    value: unknown,
    readonly path: string,
    private readonly faults: PriceListFault[],
  ) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (!isObject) this.fault('', `must be an object with members, and is ${describe(value)}`);
    this.members = isObject ? (value as Readonly<Record<string, unknown>>) : {};
  }

  /** Absent, null and empty are one: the wire form writes members that are not there as empty. */
  get(name: string): unknown {
    this.read.add(name);
    const value = Object.hasOwn(this.members, name) ? this.members[name] : undefined;
    return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value;
  }

  fault(name: string, message: string): undefined {
    const path = name === '' ? this.path : this.pathOf(name);
    this.faults.push({ path: path === '' ? 'the price list' : path, message });
    return undefined;
  }

  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** Where the fields of nested objects put what is wrong with them. */
  faultsOf(): PriceListFault[] {
    return this.faults;
  }

  /** The fields of a nested object; it is a fault when there is none. */
  object(name: string): Fields {
    return new Fields(this.get(name), this.pathOf(name), this.faults);
  }

  optionalText(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value !== 'string') return this.fault(name, `must be text, and is ${describe(value)}`);
    if (value.length > maxTextLength) return this.fault(name, `must be at most ${maxTextLength} characters long`);
    return value;
  }

  text(name: string): string {
    if (this.get(name) === undefined) this.fault(name, 'is missing');
    return this.optionalText(name) ?? '';
  }

  /** A code: letters, digits and . _ : - up to 64, which may stand in a URL and in a CSV file. */
  code(name: string): string {
    const value = this.text(name);
    if (value !== '' && !/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(value)) {
      this.fault(name, 'must be letters, digits and . _ : - only, begin with a letter or digit, and have at most 64 characters');
    }
    return value;
  }

  boolean(name: string): boolean {
    const value = this.get(name);
    if (value === undefined) return false;
    return typeof value === 'boolean' ? value : (this.fault(name, `must be true or false, and is ${describe(value)}`) ?? false);
  }

  list(name: string, max: number): readonly unknown[] {
    const value = this.get(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) return this.fault(name, `must be a list, and is ${describe(value)}`) ?? [];
    if (value.length > max) return this.fault(name, `has ${value.length} items; the most is ${max}`) ?? [];
    return value;
  }

  optionalDecimal(name: string, above: 'zero_or_more' | 'above_zero' = 'zero_or_more'): string | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number') return this.fault(name, `must be a decimal in quotes, for example "${value}": a number may lose digits`);
    if (typeof value !== 'string') return this.fault(name, `must be a decimal in quotes, and is ${describe(value)}`);
    const wrong = decimalFault(value, priceLimits);
    if (wrong) return this.fault(name, `must be a decimal: ${describeDecimalFault(wrong, value, priceLimits)}`);
    const sign = Decimal.of(value).sign();
    if (sign < 0) return this.fault(name, 'must not be negative');
    if (sign === 0 && above === 'above_zero') return this.fault(name, 'must be above zero');
    return value;
  }

  decimal(name: string, above: 'zero_or_more' | 'above_zero' = 'zero_or_more'): string {
    if (this.get(name) === undefined) this.fault(name, 'is missing');
    return this.optionalDecimal(name, above) ?? '0';
  }

  /** Names what nobody asked for: mostly a member that is misspelt, or belongs to another model. */
  refuseOthers(of: string): void {
    for (const name of Object.keys(this.members)) {
      if (!this.read.has(name) && this.get(name) !== undefined) this.fault(name, `does not belong to ${of}`);
    }
  }
}

function describe(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `the ${typeof value} ${JSON.stringify(value)?.slice(0, 40)}`;
}
