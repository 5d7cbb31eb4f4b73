import { ingestionV1 } from '@tollkeeper/contracts';
import { receiveFile, resumeFile } from '../handlers/receive-file.js';
import type { Route } from '../http/route.js';
import { code, date, listQuery, reference } from '../schemas/value.schemas.js';
import { fileQuery, mappingBody, replayItemBody, replayReasonBody } from '../schemas/usage.schemas.js';
import { z } from 'zod';
import { asId, idParam } from './path-params.js';

const asks = ingestionV1.IngestionService.method;

const event = {
  specversion: '1.0', type: 'tollkeeper.usage.v1', id: '9041-1', source: '/chargers/stockholm', subject: 'SE*NGR*E0001',
  time: '2026-01-15T08:12:00Z', data: { meter: 'energy', quantity: '12.45' },
};

const csvExample = 'ICCID;bytes;when\n8946071512360000001;204800;2026-01-15T08:12:00Z\n';

export const usageRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/usage', operationId: 'acceptUsage', tag: 'Usage', scope: 'usage:write', effect: 'usage',
    summary: 'Send usage events',
    description:
      'One CloudEvent, a JSON array or NDJSON of up to 10,000, plain or gzipped. The answer comes when the events are durable; its receipt becomes ' +
      '`settled` when all are booked, found to be duplicates, or set aside in the quarantine. Events carry their own identity (source and id): send them ' +
      'again whenever in doubt; no Idempotency-Key is needed.',
    query: z.strictObject({ mapping: code.optional().describe('Code of the mapping that reads foreign records; CloudEvents need none, their type chooses it.') }),
    body: {
      kind: 'raw', limit: 'usageBytes', mediaTypes: undefined,
      description: 'CloudEvents 1.0 in JSON, or records that a mapping reads.',
      examples: {
        'application/cloudevents+json': JSON.stringify(event),
        'application/cloudevents-batch+json': JSON.stringify([event]),
        'application/x-ndjson': `${JSON.stringify(event)}\n`,
        'application/json': JSON.stringify([event]),
        'text/csv': csvExample,
      },
    },
    asks: asks.acceptUsage,
    answer: { status: 202, description: 'The receipt; `results` lists the events that went to the quarantine.', message: ingestionV1.ReceiptSchema },
  },
  {
    method: 'GET', path: '/v1/usage/days', operationId: 'listIntakeDays', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'Count usage by day', description: 'Per day of receipt: booked + duplicate + quarantined + unsettled = received, in all and per meter.',
    query: z.strictObject({ from: date.optional().describe('First day; default: 30 days before the last.'), to: date.optional().describe('Last day; default: today.') }),
    asks: asks.listIntakeDays,
    answer: { status: 200, description: 'The days that received usage.', message: ingestionV1.IntakeDaysSchema },
  },
  {
    method: 'GET', path: '/v1/receipts', operationId: 'listReceipts', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'List receipts', description: 'One per accepted request, newest first.',
    query: listQuery(),
    asks: asks.listReceipts,
    answer: { status: 200, description: 'A page of receipts.', message: ingestionV1.ReceiptPageSchema },
  },
  {
    method: 'GET', path: '/v1/receipts/{id}', operationId: 'getReceipt', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'Read a receipt', description: 'Accepted, then settled. A source may keep its events until then.',
    params: idParam('receipt', 'rcp'),
    asks: asks.getReceipt,
    answer: { status: 200, description: 'The receipt.', message: ingestionV1.ReceiptSchema },
  },
  {
    method: 'POST', path: '/v1/files', operationId: 'importFile', tag: 'Usage', scope: 'usage:write', effect: 'upload',
    summary: 'Import a usage file',
    description: 'Streamed, of any length, plain or gzipped. The same content twice is one import. With an Idempotency-Key a repeated request goes on with the same file.',
    query: fileQuery,
    headers: { 'Upload-Complete': { description: '`?0` when more of the file follows by PUT.', example: '?1' } },
    body: { kind: 'stream', description: 'The file as it is.', examples: { 'text/csv': csvExample, 'application/json': '[]', 'application/octet-stream': csvExample } },
    handle: (call) => receiveFile(call, call.limits.fileBytes),
    answer: { status: 202, description: 'The import; it goes on in the background.', message: ingestionV1.FileImportSchema },
  },
  {
    method: 'PUT', path: '/v1/files/{id}', operationId: 'resumeFile', tag: 'Usage', scope: 'usage:write', effect: 'upload',
    summary: 'Go on with a broken upload',
    description: 'GET the file to learn how much of it arrived (`size_bytes` while it is `receiving`), then send the rest.',
    params: idParam('file', 'fil'),
    headers: {
      'Upload-Offset': { description: 'Count of bytes that arrived before this request.', example: '0', required: true },
      'Upload-Complete': { description: '`?0` when still more of the file follows.', example: '?1' },
    },
    body: { kind: 'stream', description: 'The file from Upload-Offset on.', examples: { 'application/octet-stream': csvExample } },
    handle: (call) => resumeFile(call, call.limits.fileBytes),
    answer: { status: 202, description: 'The import.', message: ingestionV1.FileImportSchema },
  },
  {
    method: 'GET', path: '/v1/files', operationId: 'listFiles', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'List file imports', description: 'Newest first.',
    query: listQuery(),
    asks: asks.listFileImports,
    answer: { status: 200, description: 'A page of imports.', message: ingestionV1.FileImportPageSchema },
  },
  {
    method: 'GET', path: '/v1/files/{id}', operationId: 'getFile', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'Read a file import', description: 'How far it is, and what came of it.',
    params: idParam('file', 'fil'),
    asks: asks.getFileImport,
    answer: { status: 200, description: 'The import.', message: ingestionV1.FileImportSchema },
  },
  {
    method: 'POST', path: '/v1/mappings', operationId: 'putMapping', tag: 'Usage', scope: 'catalogue:write', effect: 'write',
    summary: 'Define a mapping', description: 'A new one, or a new version of the one with this code. Checked whole before it is kept.',
    body: {
      kind: 'json', schema: mappingBody, into: 'mapping',
      example: {
        code: 'sim-csv', name: 'SIM usage as CSV',
        definition: { source: { format: 'csv', delimiter: ';' }, event: { id: { column: 'ICCID' }, device: { column: 'ICCID' }, meter: 'data', time: { column: 'when' }, quantity: { column: 'bytes' } } },
      },
    },
    asks: asks.putMapping,
    prepare: ({ mapping, ...fields }) => {
      const { definition, ...members } = mapping as typeof fields;
      return { ...fields, mapping: { ...members, definition: JSON.stringify(definition) } };
    },
    answer: { status: 201, description: 'The mapping.', message: ingestionV1.MappingSchema },
    location: (json) => `/v1/mappings/${String(json['code'])}`,
  },
  {
    method: 'GET', path: '/v1/mappings', operationId: 'listMappings', tag: 'Usage', scope: 'catalogue:read', effect: 'read',
    summary: 'List mappings', description: "The tenant's own and those that ship.",
    query: listQuery(),
    asks: asks.listMappings,
    answer: { status: 200, description: 'A page of mappings.', message: ingestionV1.MappingPageSchema },
  },
  {
    method: 'GET', path: '/v1/mappings/{code}', operationId: 'getMapping', tag: 'Usage', scope: 'catalogue:read', effect: 'read',
    summary: 'Read a mapping', description: 'Its present version.',
    params: { code: asId('Code of the mapping.', 'sim-csv') },
    asks: asks.getMapping,
    answer: { status: 200, description: 'The mapping.', message: ingestionV1.MappingSchema },
  },
  {
    method: 'GET', path: '/v1/quarantine', operationId: 'listQuarantine', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'List the quarantine', description: 'Events that could not be used, each with the reason and what was sent.',
    query: listQuery({ reason: reference.optional(), status: z.enum(['open', 'replayed', 'discarded']).optional() }),
    asks: asks.listQuarantine,
    answer: { status: 200, description: 'A page of events set aside.', message: ingestionV1.QuarantinePageSchema },
  },
  {
    method: 'GET', path: '/v1/quarantine/summary', operationId: 'summarizeQuarantine', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'Count the quarantine by reason', description: 'Open items only.',
    asks: asks.summarizeQuarantine,
    answer: { status: 200, description: 'A count per reason.', message: ingestionV1.QuarantineSummarySchema },
  },
  {
    method: 'POST', path: '/v1/quarantine/replay', operationId: 'replayQuarantineReason', tag: 'Usage', scope: 'usage:write', effect: 'write',
    summary: 'Send all events of a reason again', description: 'After the cause is mended: the device registered, the meter defined, the mapping corrected.',
    body: { kind: 'json', schema: replayReasonBody, example: { reason: 'unknown_device' } },
    asks: asks.replayQuarantine,
    answer: { status: 202, description: 'How many were sent again, and their receipts.', message: ingestionV1.ReplayReplySchema },
  },
  {
    method: 'GET', path: '/v1/quarantine/{id}', operationId: 'getQuarantineItem', tag: 'Usage', scope: 'usage:read', effect: 'read',
    summary: 'Read one event of the quarantine', description: 'With what was sent.',
    params: idParam('quarantined event', 'qua'),
    asks: asks.getQuarantineItem,
    answer: { status: 200, description: 'The event.', message: ingestionV1.QuarantineItemSchema },
  },
  {
    method: 'POST', path: '/v1/quarantine/{id}/replay', operationId: 'replayQuarantineItem', tag: 'Usage', scope: 'usage:write', effect: 'write',
    summary: 'Send one event again, mended', description: '`fix` replaces fields of the event.',
    params: idParam('quarantined event', 'qua'),
    body: { kind: 'json', schema: replayItemBody, optional: true, example: { fix: { device: 'SE*NGR*E0001' } } },
    asks: asks.replayQuarantine,
    answer: { status: 202, description: 'The receipt of the replay.', message: ingestionV1.ReplayReplySchema },
  },
];
