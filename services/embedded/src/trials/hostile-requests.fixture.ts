import { gzipSync } from 'node:zlib';
import { type Route, sampleRequest } from '@tollkeeper/gateway-service';
import type { SeededRandom } from '../sample/seeded-random.js';
import { withIds } from './furnished-tenant.fixture.js';

/** A request as it goes over the wire, sound or not. */
export interface HostileRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Buffer;
  /** What was done to it, for the report of a failure. */
  readonly tricks: readonly string[];
}

type Draft = { -readonly [Key in keyof HostileRequest]: HostileRequest[Key] } & { tricks: string[] };
type Trick = (draft: Draft, random: SeededRandom) => void;

const mebibyte = 1024 * 1024;

const oddTexts = [
  '', ' ', '\u0000', '\n\r\t', '\u202e\u200b', '🦄'.repeat(40), 'ä'.normalize('NFD'), '\ud800', "'; DROP TABLE invoices; --", '<script>alert(1)</script>', '${7*7}{{7*7}}',
  '../../../../etc/passwd', '..\\..\\', 'null', 'undefined', 'NaN', 'true', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '%00', '%s%s%n', '/', '//', '#', '?', '.', '..', '-', '*',
  'x'.repeat(65), 'x'.repeat(5000),
];

const oddNumbers = [
  '1e3', '1E400', '-1', '-0', '0', '00', '+1', '.5', '5.', '0x10', '1_000', '1,5', '99999999999999999999', '999999999999999999999', '0.0000000000000000001', '1.'.padEnd(40, '1'), 'Infinity',
  '9007199254740993', '١٢', '-99999999999999999999.999999999999999999',
];

const oddTimes = [
  '0000-00-00T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '+275760-09-13T00:00:00Z', '-271821-04-20T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01', '2026-01-01T24:00:00Z',
  '2026-01-01T00:00:60Z', '2026-01-01T00:00:00', '2026-01-01T00:00:00+99:99', '2026-01-01T00:00:00.123456789012345678Z', '1970-01-01T00:00:00Z', 'tomorrow', '2026-13-01', '9999-99-99', '0',
];

const oddValues: readonly unknown[] = [
  null, true, false, 0, -1, 1.5, 1e308, -1e308, 2 ** 53, [], {}, [[]], [null], { a: { b: {} } }, ...oddTexts, ...oddNumbers, ...oddTimes,
];

function pick<T>(random: SeededRandom, list: readonly T[]): T {
  const chosen = list[random.whole(0, list.length - 1)];
  if (chosen === undefined && list.length === 0) throw new Error('nothing to choose from');
  return chosen as T;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Every place in the value, as a path. */
function places(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  // What an earlier trick made deep stays as it is.
  if (typeof value !== 'object' || value === null || path.length > 20) return [path];
  return [path, ...Object.entries(value).flatMap(([name, inner]) => places(inner, [...path, name]))];
}

function withChange(value: Json, path: readonly (string | number)[], to: unknown): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return to;
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...(value as Json[])] : { ...value };
  const name = first as keyof typeof copy;
  Object.defineProperty(copy, name, { value: withChange((value as Record<string, Json>)[String(first)] ?? null, rest, to), enumerable: true, configurable: true, writable: true });
  return copy;
}

function jsonOf(draft: Draft): Json | undefined {
  try {
    return JSON.parse(String(draft.body ?? '')) as Json;
  } catch {
    return undefined;
  }
}

const bodyTricks: Readonly<Record<string, Trick>> = {
  'one odd value': (draft, random) => {
    const value = jsonOf(draft);
    if (value === undefined) return;
    draft.body = JSON.stringify(withChange(value, pick(random, places(value)), pick(random, oddValues))) ?? '';
  },
  'three odd values': (draft, random) => {
    for (let i = 0; i < 3; i++) bodyTricks['one odd value']?.(draft, random);
  },
  'a member more': (draft, random) => {
    const name = pick(random, ['__proto__', 'constructor', 'prototype', 'toString', '', 'tenant_id', 'cause', 'id', 'x'.repeat(3000), 'a.b', '\u0000']);
    draft.body = String(draft.body ?? '{}').replace('{', `{${JSON.stringify(name)}:${JSON.stringify(pick(random, oddValues)) ?? 'null'},`);
  },
  'a member twice': (draft) => (draft.body = String(draft.body ?? '').replace(/"([a-z_]+)":/, '"$1":null,"$1":')),
  'an empty body': (draft) => (draft.body = ''),
  'a body cut short': (draft, random) => (draft.body = String(draft.body ?? '{"a":1}').slice(0, random.whole(0, String(draft.body ?? '').length))),
  'a stray byte': (draft, random) => {
    const bytes = Buffer.from(draft.body ?? '{}');
    if (bytes.length > 0) bytes[random.whole(0, bytes.length - 1)] = random.whole(0, 255);
    draft.body = bytes;
  },
  'not UTF-8': (draft) => (draft.body = Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xc3, 0x28, 0xff, 0xfe]), Buffer.from('"}')])),
  'UTF-16': (draft) => (draft.body = Buffer.from(`\ufeff${String(draft.body ?? '{}')}`, 'utf16le')),
  'a deep body': (draft, random) => {
    const depth = pick(random, [70, 1000, 50_000]);
    draft.body = random.chance(0.5) ? '['.repeat(depth) + ']'.repeat(random.chance(0.5) ? depth : 0) : '{"a":'.repeat(depth);
  },
  'a broken number': (draft, random) => (draft.body = String(draft.body ?? '{}').replace(/:"[^"]*"/, `:${pick(random, oddNumbers)}`)),
  'many members': (draft) => (draft.body = `{${Array.from({ length: 3000 }, (_, i) => `"k${i}":${i}`).join(',')}}`),
  'a long text': (draft, random) => (draft.body = JSON.stringify({ name: 'x'.repeat(random.whole(1, 20) * 20_000) })),
  'a scalar': (draft, random) => (draft.body = pick(random, ['null', '1', '"x"', 'true', '[]', '{}', '[{}]', '[1,2]', 'NaN', '{}{}', '{"a":1}\n{"a":2}', '\u0000'])),
  'a packed body': (draft) => {
    draft.body = gzipSync(draft.body ?? '{}');
    draft.headers['content-encoding'] = 'gzip';
  },
  'a bomb': (draft, random) => {
    draft.body = bombs[random.whole(0, bombs.length - 1)] ?? '';
    draft.headers['content-encoding'] = 'gzip';
  },
  'a false packing': (draft, random) => (draft.headers['content-encoding'] = pick(random, ['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'identity', 'x', ''])),
  'a cut packing': (draft) => {
    draft.body = gzipSync(draft.body ?? '{}').subarray(0, 15);
    draft.headers['content-encoding'] = 'gzip';
  },
  'another content type': (draft, random) =>
    (draft.headers['content-type'] = pick(random, [
      'text/plain', 'application/xml', 'text/csv', 'application/yaml', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded', 'application/json; charset=utf-16', 'application/json;;;', 'x',
      '/', 'application/cloudevents+json', 'application/cloudevents-batch+json', 'application/x-ndjson', 'application/octet-stream', 'text/html; charset=\u00e4',
    ])),
  'no content type': (draft) => delete draft.headers['content-type'],
  'xml': (draft, random) => {
    draft.headers['content-type'] = 'application/xml';
    draft.body = pick(random, hostileXml);
  },
  'csv': (draft, random) => {
    draft.headers['content-type'] = 'text/csv';
    draft.body = pick(random, ['', '\ufeff', 'a,b\n"unclosed', `a,b\n${'x,'.repeat(3000)}`, 'id,iccid,traffic_type,start_timestamp,volume_total\n1,2,Data,x,1e9\n', '\u0000\u0001', ',,,\n,,,\n', 'code,name\nx']);
  },
};

const bombs: readonly Buffer[] = [gzipSync(Buffer.alloc(64 * mebibyte, 0x20)), gzipSync(`[${'{"a":1},'.repeat(400_000)}{}]`), gzipSync(gzipSync(Buffer.alloc(16 * mebibyte)))];

const hostileXml: readonly string[] = [
  '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><Document>&c;</Document>',
  '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><Document>&e;</Document>',
  '<Document', '<Document></document>', `${'<a>'.repeat(3000)}`, '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"><BkToCstmrDbtCdtNtfctn/></Document>',
  '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy="SEK">1e9</Amt><CdtDbtInd>CRDT</CdtDbtInd></Ntry></Stmt></BkToCstmrStmt></Document>',
  `01BGMAX${' '.repeat(15)}0120260215120000000000P\r\n20`, `01BGMAX${' '.repeat(73)}\r\n05${'9'.repeat(78)}\r\n70${'x'.repeat(78)}`, '01BGMAX',
];

const headTricks: Readonly<Record<string, Trick>> = {
  'another method': (draft, random) => (draft.method = pick(random, ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE'])),
  'an odd query': (draft, random) => {
    const name = pick(random, ['limit', 'cursor', 'customer_id', 'currency', 'status', 'name', 'mapping', 'from', 'to', 'with_body', 'x', '__proto__', 'constructor', 'limit[]', 'a[b][c]']);
    const value = encodeLoosely(String(pick(random, oddValues)));
    draft.url += `${draft.url.includes('?') ? '&' : '?'}${name}=${value}${random.chance(0.2) ? `&${name}=${value}` : ''}`;
  },
  'a broken escape': (draft, random) => (draft.url += pick(random, ['%', '%zz', '%ff', '%c3%28', '?%', '?a=%ff', '/%2e%2e/', '%2f', ';x=1', '/'])),
  'an odd id': (draft, random) => (draft.url = draft.url.replace(/[^/?]+(?=$|\?|\/[a-z-]+(?:\?|$))/, encodeLoosely(String(pick(random, [...oddTexts, ...oddNumbers]))))),
  'another accept': (draft, random) => (draft.headers['accept'] = pick(random, ['text/html', '*/*;q=0', 'application/pdf', 'text/csv', 'application/yaml', ',', 'a/b;q=x', 'x'.repeat(2000), 'application/json;q=0.0001', ''])),
  'an odd key': (draft, random) => (draft.headers['idempotency-key'] = pick(random, ['', ' ', 'x'.repeat(300), 'same-key', 'ä', '../..', '"quoted"', '__proto__'])),
  'no credential': (draft) => delete draft.headers['authorization'],
  'a false credential': (draft, random) => (draft.headers['authorization'] = pick(random, ['Bearer', 'Bearer tk_', `Bearer tk_test_${'x'.repeat(43)}`, 'Basic YTpi', 'tk_x', `Bearer ${'x'.repeat(5000)}`, 'Bearer tk_test_\u00e4'])),
  'odd headers': (draft, random) => {
    const name = pick(random, ['traceparent', 'upload-offset', 'upload-complete', 'range', 'if-match', 'x-forwarded-for', 'x-http-method-override', 'content-language', 'cookie', 'host', 'origin', 'expect-ct', 'prefer', 'te']);
    draft.headers[name] = latin1(String(pick(random, [...oddTexts, ...oddNumbers, '00-00000000000000000000000000000000-0000000000000000-00', '?2', ';;', 'x'.repeat(2000)])));
  },
};

/** Header values as Node lets them out: anything else never reaches the platform. */
function latin1(text: string): string {
  return text.replace(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '~');
}

/** Keeps most oddness in the address, but no bytes that a client of HTTP refuses to send. */
function encodeLoosely(text: string): string {
  return text.replace(/[^\u0021-\u007e]|[#?]/g, (sign) => `%${Buffer.from(sign).toString('hex').match(/../g)?.join('%') ?? ''}`);
}

const allTricks = Object.entries({ ...bodyTricks, ...headTricks });
const bodyNames = Object.entries(bodyTricks);

/** A request that the route might take, mostly about things that are there (`ids`, by prefix), and then one to three tricks played on it. */
export function hostileRequest(route: Route, key: string, ids: Readonly<Record<string, string>>, random: SeededRandom): HostileRequest {
  const sample = sampleRequest(route);
  const known = random.chance(0.8) ? ids : {};
  const draft: Draft = {
    method: sample.method,
    url: withIds(sample.url, known),
    headers: { ...sample.headers, authorization: `Bearer ${key}`, ...(random.chance(0.3) ? { 'idempotency-key': `k${random.whole(1, 500)}` } : {}) },
    ...(sample.body === undefined ? {} : { body: withIds(sample.body, known) }),
    tricks: [],
  };
  const list = route.body && random.chance(0.7) ? bodyNames : allTricks;
  const count = random.chance(0.1) ? 0 : random.whole(1, 3);
  for (let i = 0; i < count; i++) {
    const [name, trick] = pick(random, list);
    trick(draft, random);
    draft.tricks.push(name);
  }
  for (const [name, value] of Object.entries(draft.headers)) draft.headers[name] = latin1(value);
  return draft;
}
