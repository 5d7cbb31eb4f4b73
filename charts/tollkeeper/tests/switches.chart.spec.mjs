import { describe, expect, it } from '@jest/globals';
import { render, services } from './chart.fixture.mjs';

describe('scaling', () => {
  it('leaves the number of pods to the autoscaler, which looks at the service without its sidecar', () => {
    const { one, all } = render({ services: { gateway: { autoscaling: { enabled: true, maxReplicas: 20, targetCPUUtilizationPercentage: 60 } } } });
    expect(all('HorizontalPodAutoscaler')).toHaveLength(1);
    expect(one('HorizontalPodAutoscaler', 'tollkeeper-gateway').spec).toMatchObject({
      scaleTargetRef: { kind: 'Deployment', name: 'tollkeeper-gateway' }, minReplicas: 2, maxReplicas: 20,
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'gateway', target: { averageUtilization: 60 } } }],
    });
    expect(one('Deployment', 'tollkeeper-gateway').spec.replicas).toBeUndefined();
    expect(one('Deployment', 'tollkeeper-ingestion').spec.replicas).toBe(2);
  });

  it('gives rating pods by the lag of all its consumers together', () => {
    const { one } = render({ config: { usagePartitions: 3 }, services: { rating: { keda: { enabled: true, maxReplicas: 3, natsMonitoringEndpoint: 'nats.nats.svc:8222' } } } });
    const { spec } = one('ScaledObject', 'tollkeeper-rating');
    expect(spec.advanced.scalingModifiers).toEqual({ formula: 'p0 + p1 + p2', target: '200', metricType: 'AverageValue' });
    expect(spec.triggers.map(({ name, metadata }) => [name, metadata.stream, metadata.consumer])).toEqual([0, 1, 2].map((n) => [`p${n}`, 'tollkeeper-usage', `rating-${n}`]));
    expect(one('Deployment', 'tollkeeper-rating').spec.replicas).toBeUndefined();
  });

  it('keeps no budget, or another one', () => {
    expect(render({ podDisruptionBudget: { enabled: false } }).all('PodDisruptionBudget')).toEqual([]);
    expect(render({ podDisruptionBudget: { maxUnavailable: '50%' } }).one('PodDisruptionBudget', 'tollkeeper-rating').spec.maxUnavailable).toBe('50%');
  });
});

describe('the way in', () => {
  it('is a Service of the wanted type and port', () => {
    const { metadata, spec } = render({ service: { type: 'LoadBalancer', port: 443, annotations: { internal: 'true' } } }).one('Service', 'tollkeeper-gateway');
    expect(metadata.annotations).toEqual({ internal: 'true' });
    expect(spec).toMatchObject({ type: 'LoadBalancer', ports: [{ port: 443 }] });
  });

  it('may be an Ingress', () => {
    const { spec, metadata } = render({ ingress: { enabled: true, className: 'nginx', hosts: ['billing.example.com'], tlsSecretName: 'tls', annotations: { issuer: 'letsencrypt' } } }).one('Ingress', 'tollkeeper');
    expect(metadata.annotations).toEqual({ issuer: 'letsencrypt' });
    expect(spec).toMatchObject({ ingressClassName: 'nginx', tls: [{ secretName: 'tls', hosts: ['billing.example.com'] }] });
    expect(spec.rules.map(({ host, http }) => [host, http.paths[0].backend.service])).toEqual([['billing.example.com', { name: 'tollkeeper-gateway', port: { name: 'http' } }]]);
  });

  it('may be a route of a gateway', () => {
    const { spec } = render({ httpRoute: { enabled: true, parentRefs: [{ name: 'public', namespace: 'gateways' }], hostnames: ['billing.example.com'] } }).one('HTTPRoute', 'tollkeeper');
    expect(spec).toMatchObject({ parentRefs: [{ name: 'public', namespace: 'gateways' }], hostnames: ['billing.example.com'], rules: [{ backendRefs: [{ name: 'tollkeeper-gateway', port: 80 }] }] });
  });
});

describe('network policies', () => {
  const peer = { namespaceSelector: { matchLabels: { name: 'edge' } } };
  const portsOf = (rules) => rules.flatMap(({ ports }) => ports.map(({ port }) => port));

  it('let in the API and health, and out to the engines alone', () => {
    const { one, all } = render();
    expect(portsOf(one('NetworkPolicy', 'tollkeeper').spec.ingress)).toEqual([7412]);
    expect(portsOf(one('NetworkPolicy', 'tollkeeper').spec.egress)).toEqual([53, 53, 4222, 27_017]);
    expect(portsOf(one('NetworkPolicy', 'tollkeeper-gateway').spec.ingress)).toEqual([7410]);
    expect(portsOf(one('NetworkPolicy', 'tollkeeper-webhooks').spec.egress)).toEqual([80, 443]);
    expect(all('NetworkPolicy')).toHaveLength(5);
  });

  it('cover every pod of the release, the job and the test included', () => {
    const { one, all } = render();
    const wanted = Object.entries(one('NetworkPolicy', 'tollkeeper').spec.podSelector.matchLabels);
    const pods = [...all('Deployment'), ...all('Job')].map(({ spec }) => spec.template).concat(all('Pod'));
    expect(pods).toHaveLength(services.length + 2);
    for (const { metadata } of pods) expect(Object.entries(metadata.labels)).toEqual(expect.arrayContaining(wanted));
  });

  it('are as narrow as the operator says', () => {
    const { one } = render({ networkPolicy: { gatewayFrom: [peer], healthFrom: [peer], natsTo: [peer], natsPorts: [4443], mongodbTo: [peer], mongodbPorts: [27_018], webhookPorts: [8443], extraEgress: [{ ports: [{ port: 4317 }] }] } });
    expect(one('NetworkPolicy', 'tollkeeper').spec.ingress).toEqual([{ ports: [{ port: 7412 }], from: [peer] }]);
    expect(one('NetworkPolicy', 'tollkeeper').spec.egress.slice(1)).toEqual([
      { ports: [{ port: 4443 }], to: [peer] },
      { ports: [{ port: 27_018 }], to: [peer] },
      { ports: [{ port: 4317 }] },
    ]);
    expect(one('NetworkPolicy', 'tollkeeper-gateway').spec.ingress[0].from).toEqual([peer, { podSelector: { matchLabels: expect.objectContaining({ 'app.kubernetes.io/component': 'test' }) } }]);
    expect(portsOf(one('NetworkPolicy', 'tollkeeper-webhooks').spec.egress)).toEqual([8443]);
  });

  it('can be left to somebody else', () => {
    expect(render({ networkPolicy: { enabled: false } }).all('NetworkPolicy')).toEqual([]);
  });
});

describe('Dapr', () => {
  const rendered = render({ dapr: { enabled: true, services: ['rating', 'receivables'], tracing: { samplingRate: '1', otlpEndpoint: 'collector:4317' } } });

  it('puts a sidecar beside the services whose accounts are actors', () => {
    const annotations = (service) => rendered.one('Deployment', `tollkeeper-${service}`).spec.template.metadata.annotations;
    expect(annotations('rating')).toMatchObject({
      'dapr.io/enabled': 'true', 'dapr.io/app-id': 'tollkeeper-rating', 'dapr.io/app-port': '7411', 'dapr.io/config': 'tollkeeper', 'dapr.io/sidecar-seccomp-profile-type': 'RuntimeDefault',
      'dapr.io/enable-app-health-check': 'true', 'dapr.io/app-health-probe-interval': '1', 'dapr.io/app-health-threshold': '1',
      // The sidecar stays until the service has let its accounts go.
      'dapr.io/block-shutdown-duration': '25s',
    });
    expect(annotations('receivables')).toMatchObject({ 'dapr.io/app-id': 'tollkeeper-receivables' });
    expect(Object.keys(annotations('gateway')).filter((name) => name.startsWith('dapr.io'))).toEqual([]);
  });

  it('gets a state store for actors, which only they see, and a configuration', () => {
    expect(rendered.one('Component', 'tollkeeper-actors')).toMatchObject({
      spec: { type: 'state.in-memory', version: 'v1', metadata: [{ name: 'actorStateStore', value: 'true' }] }, scopes: ['tollkeeper-rating', 'tollkeeper-receivables'],
    });
    expect(rendered.one('Configuration', 'tollkeeper').spec).toEqual({
      tracing: { samplingRate: '1', otel: { endpointAddress: 'collector:4317', isSecure: false, protocol: 'grpc' } }, metric: { enabled: true },
    });
    const store = { type: 'state.redis', metadata: [{ name: 'redisHost', secretKeyRef: { name: 'redis', key: 'host' } }] };
    expect(render({ dapr: { enabled: true, stateStore: store } }).one('Component', 'tollkeeper-actors').spec.metadata).toEqual([{ name: 'actorStateStore', value: 'true' }, ...store.metadata]);
  });

  it('lets the sidecars reach each other and the control plane', () => {
    const { spec } = rendered.one('NetworkPolicy', 'tollkeeper-dapr');
    expect(spec.podSelector.matchExpressions[0].values).toEqual(['rating', 'receivables']);
    expect(spec.egress).toHaveLength(2);
    expect(render({ dapr: { enabled: false } }).all('NetworkPolicy').map(({ metadata }) => metadata.name)).not.toContain('tollkeeper-dapr');
  });
});

describe('monitoring', () => {
  it('lets Prometheus scrape the health port of all pods', () => {
    const { one } = render({ monitoring: { serviceMonitor: { enabled: true, interval: '10s', labels: { release: 'prometheus' } } } });
    const { metadata, spec } = one('ServiceMonitor', 'tollkeeper');
    expect(metadata.labels).toMatchObject({ release: 'prometheus' });
    expect(spec.endpoints).toEqual([{ port: 'health', path: '/metrics', interval: '10s' }]);
    expect(one('Service', 'tollkeeper-health').metadata.labels).toMatchObject(spec.selector.matchLabels);
  });
});

describe('the job before an upgrade', () => {
  it('knows the new settings and secrets, which the release does not have yet', () => {
    const { one } = render({ config: { usagePartitions: 32 }, nats: { url: 'nats://new:4222' }, podLabels: { tier: 'core' } });
    const job = one('Job', 'tollkeeper-prepare');
    expect(job.metadata.annotations).toMatchObject({ 'helm.sh/hook': 'pre-upgrade', 'helm.sh/hook-delete-policy': 'before-hook-creation,hook-succeeded' });
    expect(job.spec).toMatchObject({ backoffLimit: 3, activeDeadlineSeconds: 900 });
    const { containers, volumes } = job.spec.template.spec;
    expect(containers[0].command).toEqual(['tollkeeper-prepare']);
    expect(containers[0].env).toEqual(expect.arrayContaining([{ name: 'TOLLKEEPER_USAGE_PARTITIONS', value: '32' }, { name: 'TOLLKEEPER_NATS_URL_FILE', value: '/etc/tollkeeper/nats-url' }]));
    expect(volumes[0].projected.sources.map(({ secret }) => secret.name)).toEqual(['tollkeeper-prepare', 'tollkeeper-prepare']);
    const secret = one('Secret', 'tollkeeper-prepare');
    expect(secret.stringData['nats-url']).toBe('nats://new:4222');
    expect(Number(secret.metadata.annotations['helm.sh/hook-weight'])).toBeLessThan(Number(job.metadata.annotations['helm.sh/hook-weight']));
  });

  it('may run before the first installation too, or not at all', () => {
    expect(render({ prepare: { onInstall: true } }).one('Job', 'tollkeeper-prepare').metadata.annotations['helm.sh/hook']).toBe('pre-install,pre-upgrade');
    expect(render({ prepare: { enabled: false } }).all('Job')).toEqual([]);
  });
});

describe('helm test', () => {
  it('asks the API through its Service', () => {
    const { metadata, spec } = render({ service: { port: 8080 } }).one('Pod', 'tollkeeper-test');
    expect(metadata.annotations['helm.sh/hook']).toBe('test');
    expect(spec.containers[0].args[0]).toContain("'http://tollkeeper-gateway:8080'");
  });
});
