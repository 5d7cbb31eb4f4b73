import { fromJsonString } from '@bufbuild/protobuf';
import { usageV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { parseKeepingDigits } from '../accept/long-number.js';
import { mendNative, nativeType, readNativeEvent } from '../accept/native-event.js';
import { readMended } from '../accept/read-records.js';
import type { UsageIntake } from '../accept/usage-intake.js';
import type { Fix } from '../mapping/compiled-mapping.js';
import type { TenantMappings } from '../mapping/mapping-catalogue.js';
import type { QuarantineDocument } from '../store/views.js';

/** Fields that a replay may mend. */
const fixFields = ['id', 'source', 'device', 'meter', 'time', 'quantity', 'key'] as const;

/** @throws Problem invalid_request for a field that cannot be mended */
export function checkFix(fix: Fix): void {
  for (const field of Object.keys(fix)) {
    if (!fixFields.some((known) => known === field)) {
      throw new Problem('invalid_request', `fix has no field ${field.slice(0, 64)}; it mends ${fixFields.join(', ')}.`, {
        param: `fix.${field.slice(0, 64)}`,
      });
    }
  }
}

/** Reads what a quarantined item holds once more, mended, through the same path as new usage. */
export function readQuarantined(item: QuarantineDocument, fix: Fix, mappings: TenantMappings, intake: UsageIntake): void {
  if (item.event !== '') return readEvent(item, fix, intake);
  const [code = '', rule] = item.mapping.split('#');
  const mapping = code === '' ? undefined : mappings.byCode(code);
  readMended(parseOriginal(item), mapping, rule === undefined ? undefined : Number(rule), fix, mappings.byType, intake);
}

/** An event that was whole and that rating refused: its device was not registered, say. */
function readEvent(item: QuarantineDocument, fix: Fix, intake: UsageIntake): void {
  const { id, source, device, meter, timeMs, quantity, key, dimensions } = fromJsonString(usageV1.UsageEventSchema, item.event);
  const data = { meter, ...(quantity === '' ? {} : { quantity }), ...(key === '' ? {} : { key }), dimensions };
  const record = { specversion: '1.0', type: nativeType, id, source, subject: device, time: toRfc3339(timeMs), data };
  const event = readNativeEvent(mendNative(record, fix), intake.source.receiptId, intake.ordinal, true);
  if ('reason' in event) intake.refuse(event, record);
  else if (Object.keys(dimensions).length === 0) intake.add({ ...event, dimensions: undefined });
  else intake.add(event);
}

function parseOriginal(item: QuarantineDocument): unknown {
  try {
    return parseKeepingDigits(item.original);
  } catch {
    throw new Problem(
      'unprocessable',
      'What was sent is no whole JSON record, so it cannot be replayed; send it again, mended, as new usage.',
      { param: 'id' },
    );
  }
}
