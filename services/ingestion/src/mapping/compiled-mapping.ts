import type { UsageEventValue } from '@tollkeeper/contracts';
import { decimalFault, Decimal } from '@tollkeeper/money';
import { hasBadCharacters, isQuantity, quantityFault } from '../accept/event-fields.js';
import { isMeasurable, timeRange } from '../accept/event-time.js';
import { type Fault, invalid, shown } from '../accept/fault.js';
import { fieldLimits, quantityLimits } from '../accept/intake-limits.js';
import { expandExponent } from '../accept/long-number.js';
import { type Condition, toCondition } from './condition.js';
import type { EventDefinition, MappingDefinition, TextDefinition } from './definition.js';
import { parsePath, recordsAt } from './path.js';
import { fillTemplate, onlyPlace, parseTemplate, pathsOf, type Template, toText, valueOfPlace } from './template.js';
import { parseTimeFormat, type TimeReader } from './time-format.js';

/** Fields that a person mended, instead of what the record says. */
export type Fix = Readonly<Record<string, string>>;

/** What a record became. */
export type Mapped =
  | { readonly kind: 'event'; readonly event: UsageEventValue }
  | { readonly kind: 'refused'; readonly fault: Fault; readonly rule: number | undefined }
  | { readonly kind: 'filtered' };

type Filled = { readonly text: string } | { readonly fault: Fault };
type TextReader = (record: unknown) => Filled;
type QuantityReader = (record: unknown) => Filled;

interface EventRule {
  readonly when: readonly Condition[];
  readonly id: TextReader;
  readonly source: TextReader;
  readonly device: TextReader;
  readonly meter: TextReader;
  readonly time: { readonly template: Template; readonly read: TimeReader; readonly format: string };
  readonly quantity: QuantityReader | undefined;
  readonly key: TextReader | undefined;
  readonly dimensions: readonly (readonly [string, TextReader])[];
}

/** A mapping made ready once: paths parsed, factors read, formats compiled. Pure: records in, events out. */
export class CompiledMapping {
  private readonly filters: readonly Condition[];
  private readonly matches: readonly Condition[];
  private readonly rules: readonly EventRule[];
  private readonly recordPaths: readonly (readonly (string | number)[])[];

  constructor(
    readonly code: string,
    readonly definition: MappingDefinition,
  ) {
    this.filters = (definition.filters ?? []).map(toCondition);
    this.matches = (definition.match?.where ?? []).map(toCondition);
    this.rules = definition.events.map((event) => toRule(event, definition.csv?.decimal_comma ?? false));
    const { records } = definition;
    this.recordPaths = (records === undefined ? [] : typeof records === 'string' ? [records] : records).map((path) =>
      parsePath(path, true),
    );
  }

  /** The records inside of one value of the body or file; the value itself when the mapping names no place. */
  recordsOf(document: unknown): readonly unknown[] {
    for (const path of this.recordPaths) {
      const records = recordsAt(document, path);
      if (records) return records;
    }
    return [document];
  }

  /** True when this mapping takes CloudEvents of the type on its own accord. */
  takesType(type: string): boolean {
    const types = this.definition.match?.type;
    if (types === undefined) return false;
    return (typeof types === 'string' ? [types] : types).some((wanted) =>
      wanted.endsWith('*') ? type.startsWith(wanted.slice(0, -1)) : type === wanted,
    );
  }

  /**
   * Reads one record; the events are numbered from `ordinal` on. `fix` takes the place of what the record says, and `onlyRule`
   * leaves out the other event rules: a replay of what one rule refused must not send again what others made.
   */
  read(record: unknown, receiptId: string, ordinal: number, fix: Fix = {}, onlyRule?: number): readonly Mapped[] {
    if (typeof record !== 'object' || record === null || Array.isArray(record)) {
      return [refused(invalid('', `A record of mapping ${this.code} is an object; ${shown(record)} is none.`))];
    }
    if (!this.filters.every((condition) => condition.holds(record))) return [{ kind: 'filtered' }];
    const unmet = this.matches.find((condition) => !condition.holds(record));
    if (unmet) return [refused(noMapping(`Mapping ${this.code} does not fit this record: it wants that ${unmet.text}.`))];
    const results: Mapped[] = [];
    for (const [index, rule] of this.rules.entries()) {
      if (onlyRule !== undefined && onlyRule !== index) continue;
      if (!rule.when.every((condition) => condition.holds(record))) continue;
      const result = readRule(rule, record, receiptId, ordinal + results.length, fix);
      results.push('reason' in result ? refused(result, index) : { kind: 'event', event: result });
    }
    return results.length > 0 ? results : [refused(noMapping(this.describeUnmetRules()))];
  }

  private describeUnmetRules(): string {
    const wishes = this.rules.map((rule) => rule.when.map((condition) => condition.text).join(' and '));
    return `No event rule of mapping ${this.code} fits this record: they want that ${wishes.join('; or that ')}. Put a mapping of your own that names the field.`;
  }
}

function refused(fault: Fault, rule?: number): Mapped {
  return { kind: 'refused', fault, rule };
}

function noMapping(detail: string): Fault {
  return { reason: 'no_mapping', detail, param: '' };
}

function toRule(definition: EventDefinition, decimalComma: boolean): EventRule {
  const time = typeof definition.time === 'string' ? { from: definition.time, format: 'rfc3339' } : definition.time;
  const timeZone = 'time_zone' in time ? time.time_zone : undefined;
  return {
    when: (definition.when ?? []).map(toCondition),
    id: toTextReader(definition.id, 'id'),
    source: toTextReader(definition.source, 'source'),
    device: toTextReader(definition.device, 'device'),
    meter: toTextReader(definition.meter, 'meter'),
    time: { template: parseTemplate(time.from), read: parseTimeFormat(time.format, timeZone), format: time.format },
    quantity: definition.quantity === undefined ? undefined : toQuantityReader(definition.quantity, decimalComma),
    key: definition.key === undefined ? undefined : toTextReader(definition.key, 'key'),
    dimensions: Object.entries(definition.dimensions ?? {}).map(([name, text]) => [
      name,
      toTextReader(text, `dimensions.${name}`),
    ]),
  };
}

function toTextReader(definition: TextDefinition, field: string): TextReader {
  const template = parseTemplate(typeof definition === 'string' ? definition : definition.from);
  const table = typeof definition === 'string' ? undefined : new Map(Object.entries(definition.table));
  const otherwise = typeof definition === 'string' ? undefined : definition.otherwise;
  const paths = pathsOf(template);
  return (record) => {
    const text = fillTemplate(template, record);
    if (text === undefined)
      return { fault: invalid(paths, `The record has no ${paths}, from which the mapping takes the ${field}.`) };
    if (!table) return { text };
    const found = table.get(text) ?? otherwise;
    if (found !== undefined) return { text: found };
    return {
      fault: {
        reason: 'no_mapping',
        detail: `The mapping knows no ${field} for ${shown(text)} in ${paths}; it knows ${[...table.keys()].join(', ')}.`,
        param: paths,
      },
    };
  };
}

function toQuantityReader(definition: Exclude<EventDefinition['quantity'], undefined>, decimalComma: boolean): QuantityReader {
  const { from, multiply, divide } =
    typeof definition === 'string' ? { from: definition, multiply: undefined, divide: undefined } : definition;
  const template = parseTemplate(from);
  const place = onlyPlace(template) ?? { paths: [], otherwise: undefined };
  const paths = pathsOf(template);
  const factor = multiply === undefined ? undefined : Decimal.of(multiply);
  const divisor = divide === undefined ? undefined : Decimal.of(divide);
  return (record) => {
    const text = toText(valueOfPlace(place, record));
    if (text === undefined)
      return { fault: invalid(paths, `The record has no ${paths}, from which the mapping takes the quantity.`) };
    const decimal = toDecimalText(text, decimalComma);
    if (decimal === undefined || decimalFault(decimal, quantityLimits)) return { fault: quantityFault(text, paths) };
    if (!factor && !divisor) return { text: decimal };
    const converted = convert(Decimal.of(decimal), factor, divisor).toString();
    return isQuantity(converted) ? { text: converted } : { fault: quantityFault(converted, paths) };
  };
}

/** Sources that we cannot teach write plus signs, leading zeros, exponents or commas; the value is exact all the same. */
function toDecimalText(text: string, decimalComma: boolean): string | undefined {
  const trimmed = text.trim();
  const pointed = decimalComma ? trimmed.replace(',', '.') : trimmed;
  const plain = pointed
    .replace(/^\+/, '')
    .replace(/^(-?)0+(?=\d)/, '$1')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '');
  return /[eE]/.test(plain) ? expandExponent(plain) : plain;
}

/** Exact, save for a quotient that does not end: it is rounded half up to 18 digits after the point. */
function convert(value: Decimal, factor: Decimal | undefined, divisor: Decimal | undefined): Decimal {
  const product = factor ? value.times(factor) : value;
  return (divisor ? product.dividedBy(divisor) : product).rounded(quantityLimits.maxFractionDigits);
}

function readRule(rule: EventRule, record: unknown, receiptId: string, ordinal: number, fix: Fix): UsageEventValue | Fault {
  const id = bounded(given(fix, 'id') ?? rule.id(record), 'id', fieldLimits.id);
  if (typeof id !== 'string') return id;
  const source = bounded(given(fix, 'source') ?? rule.source(record), 'source', fieldLimits.source);
  if (typeof source !== 'string') return source;
  const device = bounded(given(fix, 'device') ?? rule.device(record), 'device', fieldLimits.device);
  if (typeof device !== 'string') return device;
  const meter = bounded(given(fix, 'meter') ?? rule.meter(record), 'meter', fieldLimits.meter);
  if (typeof meter !== 'string') return meter;
  const time = readTime(rule, record, fix);
  if (typeof time !== 'number') return time;
  const quantity = readAmount(rule, record, fix);
  if (typeof quantity !== 'string') return quantity;
  const key = rule.key ? bounded(given(fix, 'key') ?? rule.key(record), 'key', fieldLimits.key) : (fix['key'] ?? '');
  if (typeof key !== 'string') return key;
  const dimensions: Record<string, string> = {};
  for (const [name, read] of rule.dimensions) {
    const filled = read(record);
    // A dimension that the record lacks is left out: it refines a price, and never decides whether there is one.
    if ('text' in filled && filled.text.length <= fieldLimits.dimensionValue && !hasBadCharacters(filled.text))
      dimensions[name] = filled.text;
  }
  return {
    id,
    source,
    device,
    meter,
    time,
    quantity,
    key,
    dimensions: rule.dimensions.length > 0 ? dimensions : undefined,
    receiptId,
    ordinal,
  };
}

function given(fix: Fix, field: string): Filled | undefined {
  const text = fix[field];
  return text === undefined ? undefined : { text };
}

function bounded(filled: Filled, field: string, maxLength: number): string | Fault {
  if ('fault' in filled) return filled.fault;
  const { text } = filled;
  if (text === '' || text.length > maxLength)
    return invalid(field, `The ${field} that the mapping makes has ${text.length} characters; 1 to ${maxLength} are taken.`);
  return hasBadCharacters(text)
    ? invalid(field, `The ${field} that the mapping makes holds a control character or half of a character.`)
    : text;
}

function readTime(rule: EventRule, record: unknown, fix: Fix): number | Fault {
  const mended = fix['time'];
  const paths = pathsOf(rule.time.template);
  const text = mended ?? fillTemplate(rule.time.template, record);
  if (text === undefined) return invalid(paths, `The record has no ${paths}, from which the mapping takes the time.`);
  const instant = (mended === undefined ? rule.time.read : parseTimeFormat('rfc3339'))(text);
  if (instant !== undefined && isMeasurable(instant)) return instant;
  return invalid(
    paths,
    `${shown(text)} is not a time of the years ${timeRange} in the format ${mended === undefined ? rule.time.format : 'rfc3339'}.`,
  );
}

function readAmount(rule: EventRule, record: unknown, fix: Fix): string | Fault {
  const mended = fix['quantity'];
  if (mended !== undefined) return isQuantity(mended) ? mended : quantityFault(mended, 'quantity');
  if (!rule.quantity) return '';
  const filled = rule.quantity(record);
  return 'fault' in filled ? filled.fault : filled.text;
}
