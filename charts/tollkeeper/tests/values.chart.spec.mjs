import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { describeValues, valuesFindings } from '../../../tools/chart/values-table.mjs';
import { chart, leastValues, render, runHelm } from './chart.fixture.mjs';

const read = (file) => readFileSync(join(chart, file), 'utf8');

describe('the values', () => {
  const values = parse(read('values.yaml'));
  const schema = JSON.parse(read('values.schema.json'));

  it('stand in the README as they are', () => {
    expect(valuesFindings()).toEqual([]);
  });

  it('each have a comment', () => {
    expect(() => describeValues('# What it is.\nsaid: 1\nunsaid: 2\n')).toThrow(/unsaid has no comment/);
    expect(describeValues('part:\n  # Of a part.\n  of: 1\n')).toEqual([{ path: 'part.of', value: 1, comment: 'Of a part.' }]);
  });

  it('are those that the schema knows, and no others', () => {
    const resolved = (part) => (part?.$ref ? schema.$defs[part.$ref.split('/').at(-1)] : part);
    const isMap = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
    const differing = (value, part, path) => {
      const known = resolved(part)?.properties;
      if (!known || !isMap(value)) return [];
      const [given, allowed] = [Object.keys(value), Object.keys(known)];
      const missing = allowed.filter((name) => !given.includes(name) && !optional.has(name)).map((name) => `${[...path, name].join('.')} is in the schema alone`);
      return [...missing, ...given.flatMap((name) => (allowed.includes(name) ? differing(value[name], known[name], [...path, name]) : [`${[...path, name].join('.')} is in values.yaml alone`]))];
    };
    // Helm gives `global` to every chart; requests, limits and claims are Kubernetes' own.
    const optional = new Set(['global', 'requests', 'limits', 'claims']);
    expect(differing(values, schema, [])).toEqual([]);
  });
});

describe('the environment', () => {
  it('is one that the processes read', () => {
    const known = readFileSync(join(chart, '../../libs/cluster/src/settings/settings.ts'), 'utf8');
    const { one, container } = render();
    const given = [...Object.keys(one('ConfigMap', 'tollkeeper').data), ...['tenant', 'ingestion'].flatMap((service) => container(service).env.map(({ name }) => name))];
    const unknown = given.map((name) => name.replace(/(NATS_URL|MONGODB_URL|INSTALLATION_SECRET)_FILE$/, '$1')).filter((name) => !known.includes(name));
    expect(unknown).toEqual([]);
  });
});

describe('the chart', () => {
  it('passes the strict lint', () => {
    const { ok, said } = runHelm(['lint', '--strict', chart], leastValues);
    expect(said).toContain('1 chart(s) linted, 0 chart(s) failed');
    expect(ok).toBe(true);
  });

  it('carries the version of the product', () => {
    const { version, appVersion } = parse(read('Chart.yaml'));
    expect(appVersion).toBe(JSON.parse(readFileSync(join(chart, '../../package.json'), 'utf8')).version);
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
