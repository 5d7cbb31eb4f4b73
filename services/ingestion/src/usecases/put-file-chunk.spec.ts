import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingestionV1, tenantV1 } from '@tollkeeper/contracts';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { nativeEvent } from '../accept/accept.fixture.js';
import { IngestionHouse, start, tenant, until } from '../ingestion-house.fixture.js';
import { ocpiCdr } from '../mapping/mapping.fixture.js';

let house: IngestionHouse;
beforeEach(async () => {
  house = await IngestionHouse.build();
});
afterEach(() => house.remove());

const cdrs = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ocpiCdr({ id: `cdr-${String(from + i).padStart(6, '0')}` }));
const chunk = (
  change: Partial<{
    fileId: string;
    offset: number;
    bytes: Uint8Array;
    last: boolean;
    cause: string;
    mapping: string;
    name: string;
  }>,
) =>
  house.mappings.putFileChunk(
    create(ingestionV1.PutFileChunkRequestSchema, {
      tenantId: tenant,
      nowMs: start,
      mapping: 'ocpi-cdr-2.2.1',
      name: 'cdrs.json',
      ...change,
    }),
  );
const bookedAll = (count: number) => until(async () => (house.booked.length === count ? true : undefined));

describe('a file', () => {
  it('arrives in chunks, of which any may be sent twice, and is imported', async () => {
    const content = Buffer.from(JSON.stringify(cdrs(2500)));
    const cause = house.nextCause();
    const half = content.length >> 1;
    const first = await chunk({ cause, bytes: content.subarray(0, half) });
    expect(first).toMatchObject({ status: 'receiving', sizeBytes: String(half) });
    expect(await chunk({ cause, bytes: content.subarray(0, half) })).toEqual(first);
    await expect(chunk({ fileId: first.id, offset: half + 5, bytes: content.subarray(half + 5) })).rejects.toMatchObject({
      code: 'conflict',
      extra: { expected_offset: half },
    });
    const last = {
      fileId: first.id,
      offset: half - 10,
      bytes: content.subarray(half - 10),
      last: true,
      cause: house.nextCause(),
    };
    expect(await chunk(last)).toMatchObject({ id: first.id, status: 'importing', sizeBytes: String(content.length) });
    const done = await house.imported(first.id);
    expect(done).toMatchObject({
      status: 'done',
      records: 2500,
      accepted: 2500,
      quarantined: 0,
      error: '',
      repeatedFile: false,
      progressBytes: String(content.length),
    });
    expect(done.receiptIds).toHaveLength(3);
    expect((await chunk(last)).status).toBe('done');
    await bookedAll(2500);
    await until(async () => ((await readdir(join(house.folder, 'files', tenant))).length === 0 ? true : undefined));
    for (const id of done.receiptIds)
      expect(await house.settled(id)).toMatchObject({ origin: `file:${first.id}`, status: 'settled' });
  });

  it('with the same content again does nothing and answers the earlier import', async () => {
    const first = await house.putFile(JSON.stringify(cdrs(3)), { mapping: 'ocpi-cdr-2.2.1' });
    await house.imported(first.id);
    const cause = house.nextCause();
    const again = await house.putFile(JSON.stringify(cdrs(3)), { mapping: 'ocpi-cdr-2.2.1', cause });
    expect(again).toMatchObject({ id: first.id, repeatedFile: true, status: 'done', accepted: 3 });
    expect(await house.putFile(JSON.stringify(cdrs(3)), { mapping: 'ocpi-cdr-2.2.1', cause })).toMatchObject({
      id: first.id,
      repeatedFile: true,
    });
    expect(await house.day()).toMatchObject({ received: 3 });
  });

  it.each([
    ['an empty file', '', 'ocpi-cdr-2.2.1', 'empty', 0],
    ['an empty list', '[]', 'ocpi-cdr-2.2.1', 'no records', 0],
    ['a cut file', JSON.stringify(cdrs(3)).slice(0, -20), 'ocpi-cdr-2.2.1', 'line 1 has no end', 2],
    ['a wrong mapping', JSON.stringify(cdrs(3)), 'sim-usage-json', 'None of the first 3 records', 0],
    ['no mapping', JSON.stringify(cdrs(2)), '', 'no mapping that reads it', 0],
    ['CSV for a JSON mapping', 'id,iccid\n1,2\n3,4\n', 'sim-usage-json', 'is not JSON', 0],
    [
      'another encoding',
      Buffer.concat([
        Buffer.from('id,iccid,traffic_type,start_timestamp,volume_total,operator,country\n1,89,SMS,2026-03-01T00:00:00Z,1,'),
        Buffer.from([0xc5]),
        Buffer.from('land,SE\n'),
      ]),
      'sim-usage-csv',
      'not UTF-8',
      0,
    ],
    ['damaged gzip', gzipSync(JSON.stringify(cdrs(5))).subarray(0, 80), 'ocpi-cdr-2.2.1', 'gzip', 0],
    [
      'a cut quote',
      'id,iccid,traffic_type,start_timestamp,volume_total,operator,country\n1,89,SMS,2026-03-01T00:00:00Z,1,x,SE\n2,"89,SMS',
      'sim-usage-csv',
      'no closing quote',
      1,
    ],
  ])('that is %s fails with a clear error and keeps what is good', async (_name, content, mapping, error, good) => {
    const file = await house.putFile(content, { mapping });
    expect(await house.imported(file.id)).toMatchObject({
      status: 'failed',
      accepted: good,
      error: expect.stringContaining(error),
    });
    await bookedAll(good);
  });

  it('that failed may be sent again with the right mapping', async () => {
    const wrong = await house.putFile(JSON.stringify(cdrs(3)), { mapping: 'sim-usage-json' });
    await house.imported(wrong.id);
    const right = await house.putFile(JSON.stringify(cdrs(3)), { mapping: 'ocpi-cdr-2.2.1' });
    expect(right).toMatchObject({ repeatedFile: false });
    expect(await house.imported(right.id)).toMatchObject({ status: 'done', accepted: 3 });
    await expect(house.putFile('x', { mapping: 'none' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of CSV in Latin-1 with decimal commas and local times is read by a mapping that says so', async () => {
    const definition = JSON.stringify({
      format: 'csv',
      csv: { delimiter: ';', encoding: 'latin1', decimal_comma: true },
      events: [
        {
          id: '{Nr}',
          source: 'csv',
          device: '{Gerät}',
          meter: 'energy_kwh',
          time: { from: '{Zeit}', format: '%d.%m.%Y %H:%M', time_zone: 'Europe/Berlin' },
          quantity: { from: '{Menge}', divide: '1000' },
        },
      ],
    });
    await house.mappings.putMapping(
      create(ingestionV1.PutMappingRequestSchema, {
        tenantId: tenant,
        cause: house.nextCause(),
        mapping: { code: 'zaehler', definition },
      }),
    );
    const file = await house.putFile(
      Buffer.from('Nr;Gerät;Zeit;Menge\n1;Zähler 1;01.03.2026 12:00;1500,5\n2;Zähler 1;bald;1\n', 'latin1'),
      { mapping: 'zaehler' },
    );
    expect(await house.imported(file.id)).toMatchObject({ status: 'done', accepted: 1, quarantined: 1 });
    await bookedAll(1);
    expect(house.booked[0]).toMatchObject({ device: 'Zähler 1', quantity: '1.5005', time: Date.parse('2026-03-01T11:00:00Z') });
  });

  it('of gzipped NDJSON in our own form needs no mapping, and bad lines are refused alone', async () => {
    const lines = [...Array.from({ length: 1200 }, (_, i) => JSON.stringify(nativeEvent({ id: `n-${i}` }))), '{"broken": tru}'];
    const file = await house.putFile(gzipSync(lines.join('\n')));
    expect(await house.imported(file.id)).toMatchObject({ status: 'done', records: 1201, accepted: 1200, quarantined: 1 });
    await bookedAll(1200);
    await until(async () => {
      const day = await house.day();
      return day?.received === 1201 && day.unsettled === 0 ? true : undefined;
    });
    const { items } = await house.quarantine.listQuarantine(
      create(ingestionV1.ListQuarantineRequestSchema, { tenantId: tenant }),
    );
    expect(items[0]).toMatchObject({ param: 'line 1201', original: '{"broken": tru}' });
  });

  it('is imported to its end after a restart in the middle, and nothing is counted twice', async () => {
    const file = await house.putFile(JSON.stringify(cdrs(30_000)), { mapping: 'ocpi-cdr-2.2.1' });
    await until(async () => (house.booked.length > 1000 ? true : undefined));
    await house.close();
    await house.open();
    expect(await house.imported(file.id)).toMatchObject({ status: 'done', records: 30_000, accepted: 30_000 });
    await bookedAll(30_000);
    await until(async () => ((await house.day())?.unsettled === 0 ? true : undefined));
    expect(await house.day()).toMatchObject({ received: 30_000, booked: 30_000, duplicate: 0 });
  }, 30_000);

  it('that was imported just before a crash, or given up long ago, leaves nothing behind', async () => {
    const file = await house.putFile(JSON.stringify(cdrs(2)), { mapping: 'ocpi-cdr-2.2.1' });
    await house.imported(file.id);
    const fresh = await chunk({ cause: house.nextCause(), bytes: Buffer.from('[') });
    const old = await chunk({ cause: house.nextCause(), bytes: Buffer.from('[') });
    await house.close();
    const folder = join(house.folder, 'files', tenant);
    await writeFile(join(folder, `${file.id}.part`), 'left over');
    await utimes(join(folder, `${old.id}.part`), 1, 1);
    await utimes(join(folder, `${fresh.id}.part`), new Date(start), new Date(start));
    await house.open();
    expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([`${fresh.id}.part`]);
  });

  it('in the watched folder is taken, and moved to done or, with the reason, to failed', async () => {
    await house.close();
    const watchFolder = join(house.folder, 'watch');
    const folder = join(watchFolder, 'northgrid', 'ocpi-cdr-2.2.1');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'good.json'), JSON.stringify(cdrs(3)));
    await writeFile(join(folder, 'bad.json'), '[{"a":');
    await house.open({ watchFolder });
    await until(async () => ((await readdir(folder)).every((name) => ['done', 'failed'].includes(name)) ? true : undefined));
    expect(await readdir(join(folder, 'done'))).toEqual(['good.json']);
    expect(await readdir(join(folder, 'failed'))).toEqual(['bad.json', 'bad.json.error.txt']);
    expect(await readFile(join(folder, 'failed', 'bad.json.error.txt'), 'utf8')).toContain('line 1 has no end');
    await bookedAll(3);
  });

  it('of another tenant is not found', async () => {
    const file = await house.putFile(JSON.stringify(cdrs(1)), { mapping: 'ocpi-cdr-2.2.1' });
    await house.imported(file.id);
    await expect(
      house.mappings.getFileImport(create(tenantV1.GetRequestSchema, { tenantId: 'ten_x', id: file.id })),
    ).rejects.toMatchObject({ code: 'not_found' });
    await expect(chunk({ fileId: 'fil_../../etc', bytes: Buffer.from('x') })).rejects.toMatchObject({ code: 'not_found' });
  });
});
