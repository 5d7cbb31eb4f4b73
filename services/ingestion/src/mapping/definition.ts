import { Problem } from '@tollkeeper/kernel';
import { decimalFault, type DecimalLimits } from '@tollkeeper/money';
import { z } from 'zod';
import { parsePath, PathSyntaxError } from './path.js';
import { onlyPlace, parseTemplate } from './template.js';
import { parseTimeFormat, TimeFormatError } from './time-format.js';

const factorLimits: DecimalLimits = { maxIntegerDigits: 20, maxFractionDigits: 20 };

function checked(maxLength: number, check: (text: string) => void) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .superRefine((text, context) => {
      try {
        check(text);
      } catch (error) {
        if (!(error instanceof PathSyntaxError || error instanceof TimeFormatError)) throw error;
        context.addIssue({ code: 'custom', message: error.message });
      }
    });
}

const path = checked(500, (text) => parsePath(text));
const recordsPath = checked(500, (text) => parsePath(text, true));
const template = checked(1000, (text) => parseTemplate(text));
const place = checked(1000, (text) => {
  if (!onlyPlace(parseTemplate(text)))
    throw new PathSyntaxError(`${JSON.stringify(text)} is not one place in braces such as {volume.total}`);
});
const factor = z
  .string()
  .refine(
    (text) => decimalFault(text, factorLimits) === undefined && !/^-?0(\.0+)?$/.test(text),
    'a decimal string other than zero is expected, such as "1000"',
  );
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const condition = z
  .strictObject({
    path,
    equals: scalar.optional(),
    not_equals: scalar.optional(),
    in: z.array(scalar).min(1).max(100).optional(),
    exists: z.boolean().optional(),
    greater_than: z
      .string()
      .refine((text) => decimalFault(text) === undefined, 'a decimal string is expected')
      .optional(),
  })
  .refine(
    (given) => Object.values(given).filter((value) => value !== undefined).length === 2,
    'a condition has a path and one of equals, not_equals, in, exists, greater_than',
  );
const conditions = z.array(condition).max(20);

const text = z.union([
  template,
  z.strictObject({
    from: template,
    table: z.record(z.string().max(200), z.string().min(1).max(256)),
    otherwise: z.string().min(1).max(256).optional(),
  }),
]);

const timeZone = z.string().refine((name) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}, 'an IANA time zone is expected, such as Europe/Stockholm');

const time = z.union([
  place,
  z.strictObject({
    from: place,
    format: checked(60, (name) => void parseTimeFormat(name)).default('rfc3339'),
    time_zone: timeZone.optional(),
  }),
]);

const quantity = z.union([place, z.strictObject({ from: place, multiply: factor.optional(), divide: factor.optional() })]);

const event = z.strictObject({
  when: conditions.optional(),
  id: template,
  source: template,
  device: template,
  meter: text,
  time,
  quantity: quantity.optional(),
  key: template.optional(),
  dimensions: z
    .record(z.string().min(1).max(64), text)
    .refine((members) => Object.keys(members).length <= 16, 'at most 16 dimensions')
    .optional(),
});

const csv = z.strictObject({
  delimiter: z.enum([',', ';', '\t', '|']).default(','),
  header: z.boolean().default(true),
  columns: z.array(z.string().min(1).max(100)).min(1).max(200).optional(),
  encoding: z.enum(['utf-8', 'latin1']).default('utf-8'),
  decimal_comma: z.boolean().default(false),
});

/** How foreign records become usage events. Described for people in the README of this package. */
const mappingDefinition = z
  .strictObject({
    format: z.enum(['json', 'csv', 'cloudevents']),
    match: z
      .strictObject({
        type: z.union([z.string().max(200), z.array(z.string().max(200)).min(1).max(50)]).optional(),
        where: conditions.optional(),
      })
      .optional(),
    records: z.union([recordsPath, z.array(recordsPath).min(1).max(10)]).optional(),
    csv: csv.optional(),
    filters: conditions.optional(),
    events: z.array(event).min(1).max(20),
  })
  .refine((given) => given.format === 'csv' || given.csv === undefined, {
    path: ['csv'],
    message: 'only a mapping of format csv has it',
  })
  .refine((given) => given.format !== 'csv' || given.records === undefined, {
    path: ['records'],
    message: 'a CSV file has one record per line; leave it out',
  })
  .refine((given) => given.csv === undefined || given.csv.header || given.csv.columns !== undefined, {
    path: ['csv', 'columns'],
    message: 'without a header line the columns must be named',
  })
  .refine((given) => given.format === 'cloudevents' || given.match?.type === undefined, {
    path: ['match', 'type'],
    message: 'only CloudEvents have a type; use where',
  });

export type MappingDefinition = z.infer<typeof mappingDefinition>;
export type ConditionDefinition = z.infer<typeof condition>;
export type EventDefinition = z.infer<typeof event>;
export type TextDefinition = z.infer<typeof text>;
export type CsvDefinition = z.infer<typeof csv>;

const maxDefinitionUnits = 64 << 10;

/** @throws Problem invalid_request whose param is the JSON path in the definition that is wrong. */
export function parseDefinition(json: string): MappingDefinition {
  if (json.length > maxDefinitionUnits)
    throw new Problem('invalid_request', `The definition has more than ${maxDefinitionUnits} characters.`, {
      param: 'definition',
    });
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new Problem(
      'invalid_request',
      `The definition is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { param: 'definition' },
    );
  }
  const result = mappingDefinition.safeParse(value);
  if (result.success) return result.data;
  const { path: where, message } = deepest(result.error.issues);
  const param = where.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : `${text}.${String(step)}`),
    'definition',
  );
  throw new Problem('invalid_request', `${param} of the mapping is not valid: ${message}.`, { param });
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The most telling issue: inside of a union, the one of the alternative that got furthest. */
function deepest(issues: readonly (Issue & { readonly errors?: readonly (readonly Issue[])[] })[]): Issue {
  const all = issues.flatMap((issue): Issue[] => {
    const inner = (issue.errors ?? []).flatMap((alternative) => (alternative.length > 0 ? [deepest(alternative)] : []));
    const nested = inner.filter((found) => found.path.length > 0 || !/^Invalid input/.test(found.message));
    return [...nested.map((found) => ({ path: [...issue.path, ...found.path], message: found.message })), issue];
  });
  return all.reduce((best, issue) => (issue.path.length > best.path.length ? issue : best));
}
