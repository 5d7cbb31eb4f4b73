import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { type GatewayWorld, openGatewayWorld } from '../gateway-world.fixture.js';
import { routeTable } from '../routes/route-table.js';
import { openApiDocument } from './document.js';
import { readProtoComments } from './read-proto-comments.js';

const gateway = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), 'gateway-openapi-'));
let chains: LevelChainStore;
let views: LevelViewStore;
let world: GatewayWorld;

beforeAll(async () => {
  chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  views = await LevelViewStore.open({ folder: join(folder, 'views') });
  world = await openGatewayWorld({ chains, views });
});

afterAll(async () => {
  await world.app.close();
  await chains.close();
  await views.close();
  rmSync(folder, { recursive: true });
});

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone(openApiDocument()));
    expect(result).toMatchObject({ valid: true });
  });

  it('is the one that is checked in (mend: npm run generate)', () => {
    expect(JSON.parse(readFileSync(join(gateway, 'openapi.json'), 'utf8'))).toEqual(openApiDocument());
  });

  it('refers to nothing that it does not hold', () => {
    const document = openApiDocument();
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => String(path));
    const at = (path: string) => path.split('/').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document);
    expect([...new Set(refs)].filter((path) => at(path) === undefined)).toEqual([]);
  });

  it('gives each operation a description, an example and its problems', () => {
    const { paths } = openApiDocument() as { paths: Record<string, Record<string, { description: string; responses: Record<string, { content?: Record<string, { example?: unknown }> }> }>> };
    for (const route of routeTable) {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      expect(operation?.description.length).toBeGreaterThan(5);
      expect(Object.keys(operation?.responses ?? {})).toEqual(expect.arrayContaining([String(route.answer.status), '400', '503']));
      const json = operation?.responses[String(route.answer.status)]?.content?.['application/json'];
      if (json) expect(json.example).toBeDefined();
    }
  });

  it('is served, with a page to browse it that loads nothing from elsewhere', async () => {
    const get = (url: string) => world.app.inject({ method: 'GET', url });
    expect((await get('/openapi.json')).json()).toEqual(openApiDocument());
    const page = await get('/docs');
    expect(page.headers['content-type']).toContain('text/html');
    const files = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => String(url));
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) expect([file, (await get(file)).statusCode]).toEqual([expect.stringMatching(/^\/docs\//), 200]);
    expect((await get('/docs/../package.json')).statusCode).toBe(404);
    expect((await get('/problems/idempotency_conflict')).body).toContain('fresh key');
    expect((await get('/problems/nothing')).statusCode).toBe(404);
  });
});

describe('proto comments', () => {
  it('become descriptions of messages and fields', () => {
    const file = 'package a.v1;\n// A thing.\nmessage Thing {\n  // Two\n  // lines.\n  repeated string names = 1;\n  string bare = 2;\n}\n';
    expect(readProtoComments([file])).toEqual({ 'a.v1.Thing': 'A thing.', 'a.v1.Thing.names': 'Two lines.' });
  });
});
