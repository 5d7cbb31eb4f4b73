import type { CompiledMapping, Fix } from '../mapping/compiled-mapping.js';
import { type Fault, invalid, shown } from './fault.js';
import { mendNative, nativeType, readNativeEvent } from './native-event.js';
import { type ParsedBody, UnreadableRecord } from './parse-body.js';
import type { UsageIntake } from './usage-intake.js';

/** Finds the mapping of a tenant for a CloudEvents type. */
export type MappingByType = (type: string) => CompiledMapping | undefined;

/**
 * Every record becomes events or is refused; none fails the others. With a named mapping every record that is not in
 * Tollkeeper's own form goes through it.
 */
export function readRecords(
  body: ParsedBody,
  named: CompiledMapping | undefined,
  byType: MappingByType,
  intake: UsageIntake,
): void {
  const { records, duplicateKeys, careful } = body;
  for (let i = 0; i < records.length; i++) {
    const record = records[i];
    intake.index = i;
    const duplicate = duplicateKeys?.get(i);
    if (duplicate !== undefined) {
      intake.refuse(
        invalid(
          duplicate.slice(0, 64),
          `The key ${shown(duplicate)} stands twice in one object; which of its values counts cannot be told.`,
        ),
        record,
      );
    } else if (isNative(record)) {
      const event = readNativeEvent(record, intake.source.receiptId, intake.ordinal, careful);
      if ('reason' in event) intake.refuse(event, record);
      else intake.add(event);
    } else {
      readForeign(record, named, byType, intake);
    }
  }
}

function isNative(record: unknown): record is { readonly type: typeof nativeType } {
  return typeof record === 'object' && record !== null && (record as { readonly type?: unknown }).type === nativeType;
}

function readForeign(record: unknown, named: CompiledMapping | undefined, byType: MappingByType, intake: UsageIntake): void {
  if (record instanceof UnreadableRecord) return intake.refuse(invalid('', record.detail), record.text);
  if (named) return readMapped(record, named, intake);
  const type = typeOf(record);
  if (typeof type !== 'string') return intake.refuse(type, record);
  const mapping = byType(type);
  if (mapping) return readMapped(record, mapping, intake);
  const detail = `No mapping takes CloudEvents of type ${shown(type)}; put one of format cloudevents whose match.type names it, or send type "${nativeType}".`;
  intake.refuse({ reason: 'no_mapping', detail, param: 'type' }, record);
}

function typeOf(record: unknown): string | Fault {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    return invalid('', `An event is a JSON object; ${shown(record)} is none.`);
  }
  const { specversion, type } = record as { readonly specversion?: unknown; readonly type?: unknown };
  if (specversion !== '1.0') {
    return invalid(
      'specversion',
      'The record is no CloudEvent of specversion "1.0", and the request names no mapping that reads it; name one with ?mapping=CODE.',
    );
  }
  if (typeof type !== 'string' || type === '') return invalid('type', `type is a string; ${shown(type)} is none.`);
  return type;
}

/** Takes one value of a body or file through a mapping: it may hold several records, and each may become several events. */
export function readMapped(document: unknown, mapping: CompiledMapping, intake: UsageIntake): void {
  for (const record of mapping.recordsOf(document)) readOne(record, mapping, intake, {}, undefined);
}

function readOne(record: unknown, mapping: CompiledMapping, intake: UsageIntake, fix: Fix, onlyRule: number | undefined): void {
  for (const result of mapping.read(record, intake.source.receiptId, intake.ordinal, fix, onlyRule)) {
    if (result.kind === 'event') intake.add(result.event);
    else if (result.kind === 'filtered') intake.filter();
    else intake.refuse(result.fault, record, result.rule === undefined ? mapping.code : `${mapping.code}#${result.rule}`);
  }
}

/** Reads a record from the quarantine once more, with fields that a person mended. */
export function readMended(
  record: unknown,
  mapping: CompiledMapping | undefined,
  onlyRule: number | undefined,
  fix: Fix,
  byType: MappingByType,
  intake: UsageIntake,
): void {
  if (mapping) return readOne(record, mapping, intake, fix, onlyRule);
  const mended =
    typeof record === 'object' && record !== null && !Array.isArray(record)
      ? mendNative(record as Readonly<Record<string, unknown>>, fix)
      : record;
  const isFixed = Object.keys(fix).length > 0;
  readRecords(
    { records: [isNative(record) && isFixed ? mended : record], duplicateKeys: undefined, careful: true },
    undefined,
    byType,
    intake,
  );
}
