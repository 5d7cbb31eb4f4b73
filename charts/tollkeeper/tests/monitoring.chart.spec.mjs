import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { chart, render, services } from './chart.fixture.mjs';

const metricsOf = (text) => [...new Set(text.match(/\b(?:tollkeeper|http_server)_[a-z_]+(?=[[{)\s]|$)/g) ?? [])];

/** What services measure, by the names that a collector gives to Prometheus. */
const known = [
  'tollkeeper_usage_events_total', 'tollkeeper_usage_lag', 'tollkeeper_usage_pages_open', 'tollkeeper_usage_unacknowledged_age_seconds', 'tollkeeper_receipts_dead',
  'tollkeeper_facts_total', 'tollkeeper_dunning_steps_total', 'http_server_request_duration_seconds_count', 'http_server_request_duration_seconds_bucket',
];
const labels = ['tollkeeper_outcome', 'tollkeeper_fact', 'tollkeeper_dunning_level', 'tollkeeper_dunning_action'];

describe('alerts', () => {
  it('are off unless wanted', () => {
    expect(render({}).all('PrometheusRule')).toEqual([]);
  });

  it('ask for what is measured, and lead to their run book', () => {
    const { metadata, spec } = render({ monitoring: { rules: { enabled: true, labels: { release: 'prometheus' }, runbooksUrl: 'https://ops.example.com/tollkeeper', thresholds: { lagBatches: 77 } } } }).one('PrometheusRule', 'tollkeeper');
    expect(metadata.labels).toMatchObject({ release: 'prometheus' });
    const { rules } = spec.groups[0];
    expect(rules.map(({ alert }) => alert)).toContain('TollkeeperReceiptsDead');
    expect(rules.find(({ alert }) => alert === 'TollkeeperUsagePilesUp').expr).toBe('max(tollkeeper_usage_lag) > 77');
    const anchors = readFileSync(join(chart, 'run-books.md'), 'utf8').match(/^## .+$/gm).map((line) => line.slice(3).toLowerCase().replaceAll(' ', '-'));
    for (const { expr, annotations, labels: { severity } } of rules) {
      for (const metric of metricsOf(expr)) expect([...known, ...labels]).toContain(metric);
      const [, anchor] = annotations.runbook.split('#');
      expect(anchors).toContain(anchor);
      expect(annotations.runbook_url).toBe(`https://ops.example.com/tollkeeper#${anchor}`);
      expect(['critical', 'warning']).toContain(severity);
    }
  });
});

describe('the dashboard', () => {
  it('is for Grafana’s sidecar to find, and shows what is measured', () => {
    expect(render({}).all('ConfigMap').map(({ metadata }) => metadata.name)).not.toContain('tollkeeper-dashboards');
    const { metadata, data } = render({ monitoring: { dashboards: { enabled: true } } }).one('ConfigMap', 'tollkeeper-dashboards');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    const { panels } = JSON.parse(data['tollkeeper.json']);
    expect(panels.length).toBeGreaterThan(7);
    for (const { targets } of panels) for (const { expr } of targets) for (const metric of metricsOf(expr)) expect([...known, ...labels]).toContain(metric);
  });
});

describe('telemetry', () => {
  it('goes from all pods to the collector that is named', () => {
    const { one } = render({ monitoring: { otlpEndpoint: 'http://collector:4318' } });
    expect(one('ConfigMap', 'tollkeeper').data).toMatchObject({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' });
    for (const service of services) expect(JSON.stringify(one('Deployment', `tollkeeper-${service}`))).toContain('"envFrom":[{"configMapRef":{"name":"tollkeeper"}}]');
    expect(render({}).one('ConfigMap', 'tollkeeper').data).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT');
  });
});
