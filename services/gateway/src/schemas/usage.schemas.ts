import { z } from 'zod';
import { code, reference, text } from './value.schemas.js';

export const mappingBody = z.strictObject({
  code,
  name: text(200).optional(),
  definition: z
    .record(z.string(), z.unknown())
    .describe('How a foreign record becomes usage events: source format, identity, device, meter, time, quantity, filters. See the documentation of mappings.'),
});

const fixable = ['id', 'device', 'meter', 'time', 'quantity'] as const;

export const replayItemBody = z.strictObject({
  fix: z
    .partialRecord(z.enum(fixable), z.string().min(1).max(200))
    .optional()
    .describe('Fields to mend before the event is sent again.'),
});

export const replayReasonBody = z.strictObject({
  reason: z.string().regex(/^[a-z_]{1,64}$/, 'is one of the reasons that /v1/quarantine/summary lists').describe('Every open item of this reason is sent again.'),
});

export const fileQuery = z.strictObject({
  name: text(200).describe('Name of the file, for people.'),
  mapping: reference.describe('Code of the mapping that reads its records.'),
});
