import { describe, expect, it } from '@jest/globals';
import { render, services } from './chart.fixture.mjs';

const names = (objects) => objects.map(({ metadata }) => metadata.name).sort();
const ofServices = services.map((service) => `tollkeeper-${service}`);
const envOf = (container) => Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value]));

describe('without any switch', () => {
  const rendered = render();

  it('every service has a Deployment of two pods, a service account and a budget', () => {
    for (const kind of ['Deployment', 'ServiceAccount', 'PodDisruptionBudget']) expect(names(rendered.all(kind))).toEqual(ofServices);
    expect(rendered.all('Deployment').map(({ spec }) => spec.replicas)).toEqual(services.map(() => 2));
    expect(rendered.all('PodDisruptionBudget').map(({ spec }) => spec.maxUnavailable)).toEqual(services.map(() => 1));
  });

  it('each runs its own command of the one image', () => {
    for (const service of services) {
      expect(rendered.container(service)).toMatchObject({ name: service, image: 'ghcr.io/tollkeeper/tollkeeper:0.1.0', command: [`tollkeeper-${service}`] });
    }
  });

  it('selectors find the pods of their own service alone', () => {
    for (const service of services) {
      const { spec } = rendered.one('Deployment', `tollkeeper-${service}`);
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
      expect(spec.selector.matchLabels).toEqual({ 'app.kubernetes.io/name': 'tollkeeper', 'app.kubernetes.io/instance': 'tollkeeper', 'app.kubernetes.io/component': service });
    }
  });

  it('pods are asked on the health port whether they are alive and ready', () => {
    for (const service of services) {
      const { livenessProbe, readinessProbe, startupProbe, ports } = rendered.container(service);
      expect(livenessProbe.httpGet).toEqual({ path: '/health/live', port: 'health' });
      expect(startupProbe.httpGet).toEqual({ path: '/health/live', port: 'health' });
      expect(readinessProbe.httpGet).toEqual({ path: '/health/ready', port: 'health' });
      expect(ports).toContainEqual({ name: 'health', containerPort: 7412 });
    }
  });

  it('pods keep to the restricted security standard, with a root file system that cannot be written and no token', () => {
    const pods = [...rendered.all('Deployment'), ...rendered.all('Job')].map(({ spec }) => spec.template.spec).concat(rendered.all('Pod').map(({ spec }) => spec));
    expect(pods).toHaveLength(services.length + 2);
    for (const pod of pods) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10_001, seccompProfile: { type: 'RuntimeDefault' } });
      expect(pod.containers.map(({ securityContext }) => securityContext)).toEqual([
        { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
      ]);
      expect(pod.containers[0].resources).toMatchObject({ requests: { cpu: expect.any(String), memory: expect.any(String) }, limits: { memory: expect.any(String) } });
    }
  });

  it('pods spread over zones and nodes, and are replaced without missing one', () => {
    const { spec } = rendered.one('Deployment', 'tollkeeper-rating');
    expect(spec.template.spec.topologySpreadConstraints.map(({ topologyKey, whenUnsatisfiable }) => [topologyKey, whenUnsatisfiable])).toEqual([
      ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ['kubernetes.io/hostname', 'ScheduleAnyway'],
    ]);
    expect(spec.strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  });

  it('secrets are files that only those see who need them', () => {
    const paths = (service) => rendered.one('Deployment', `tollkeeper-${service}`).spec.template.spec.volumes[0].projected.sources.map(({ secret }) => secret.items[0].path);
    expect(paths('tenant')).toEqual(['nats-url', 'mongodb-url', 'installation-secret']);
    expect(paths('gateway')).toEqual(['nats-url', 'mongodb-url']);
    expect(rendered.one('Secret', 'tollkeeper').stringData).toEqual({
      'nats-url': 'nats://nats.nats.svc:4222',
      'mongodb-url': 'mongodb://mongodb.mongodb.svc:27017/?replicaSet=rs0',
      'installation-secret': 'BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=',
    });
    expect(JSON.stringify(rendered.all('ConfigMap'))).not.toContain('mongodb://');
  });

  it('the API has a Service; health of all pods has one of its own', () => {
    expect(rendered.one('Service', 'tollkeeper-gateway').spec).toMatchObject({ type: 'ClusterIP', ports: [{ name: 'http', port: 80, targetPort: 'http' }] });
    expect(rendered.one('Service', 'tollkeeper-health').spec).toMatchObject({ clusterIP: 'None', publishNotReadyAddresses: true });
    expect(names(rendered.all('Service'))).toHaveLength(2);
  });

  it('nothing is made that needs another operator than Dapr’s, and with that switched off nothing that needs any', () => {
    for (const kind of ['ScaledObject', 'HTTPRoute', 'ServiceMonitor', 'Ingress', 'HorizontalPodAutoscaler']) expect(rendered.all(kind)).toEqual([]);
    expect(JSON.stringify(render({ dapr: { enabled: false } }).objects)).not.toContain('dapr.io');
  });
});

describe('the image', () => {
  it('is chosen by tag or digest, with the secrets to fetch it', () => {
    const { one } = render({ image: { repository: 'registry.example.com/tollkeeper', tag: 'edge', pullPolicy: 'Always' }, imagePullSecrets: [{ name: 'registry' }] });
    const { imagePullSecrets, containers } = one('Deployment', 'tollkeeper-tenant').spec.template.spec;
    expect(imagePullSecrets).toEqual([{ name: 'registry' }]);
    expect(containers[0]).toMatchObject({ image: 'registry.example.com/tollkeeper:edge', imagePullPolicy: 'Always' });
    const digest = `sha256:${'a'.repeat(64)}`;
    expect(render({ image: { digest } }).container('tenant').image).toBe(`ghcr.io/tollkeeper/tollkeeper@${digest}`);
  });
});

describe('settings', () => {
  it('reach the processes, and a change of one rolls the pods out again', () => {
    const { one } = render({ config: { logLevel: 'debug', usagePartitions: 64 }, nats: { streamReplicas: 1 }, mongodb: { database: 'billing' } });
    expect(one('ConfigMap', 'tollkeeper').data).toMatchObject({
      TOLLKEEPER_LOG_LEVEL: 'debug', TOLLKEEPER_USAGE_PARTITIONS: '64', TOLLKEEPER_STREAM_REPLICAS: '1', TOLLKEEPER_MONGODB_DATABASE: 'billing',
    });
    const stamp = (values) => render(values).one('Deployment', 'tollkeeper-rating').spec.template.metadata.annotations['tollkeeper/config'];
    expect(stamp({})).toBe(stamp({}));
    expect(stamp({ config: { pageMs: 500 } })).not.toBe(stamp({}));
    expect(stamp({ nats: { url: 'nats://other:4222' } })).not.toBe(stamp({}));
  });

  it('may come from secrets that the chart does not make', () => {
    const given = { url: '', existingSecret: 'engines' };
    const { all, one } = render({ nats: given, mongodb: { ...given, existingSecretKey: 'uri' }, installationSecret: { value: '', existingSecret: 'installation' } });
    expect(all('Secret')).toEqual([]);
    expect(one('Deployment', 'tollkeeper-tenant').spec.template.spec.volumes[0].projected.sources.map(({ secret }) => secret)).toEqual([
      { name: 'engines', items: [{ key: 'nats-url', path: 'nats-url' }] },
      { name: 'engines', items: [{ key: 'uri', path: 'mongodb-url' }] },
      { name: 'installation', items: [{ key: 'installation-secret', path: 'installation-secret' }] },
    ]);
  });

  it('are added to for all pods and for some', () => {
    const { container, one } = render({ extraEnv: [{ name: 'ALL', value: '1' }], podAnnotations: { team: 'billing' }, podLabels: { tier: 'core' }, services: { rating: { extraEnv: [{ name: 'ONE', value: '2' }], podAnnotations: { team: 'rating' } } } });
    expect(envOf(container('rating'))).toEqual({ ALL: '1', ONE: '2' });
    expect(envOf(container('invoicing'))).toEqual({ ALL: '1' });
    expect(envOf(container('tenant'))).toEqual({ ALL: '1', TOLLKEEPER_INSTALLATION_SECRET_FILE: '/etc/tollkeeper/installation-secret', TOLLKEEPER_OPERATOR_KEY_FILE: '/run/tollkeeper/operator.key' });
    expect(one('Deployment', 'tollkeeper-rating').spec.template.metadata).toMatchObject({ annotations: { team: 'rating' }, labels: { tier: 'core' } });
    expect(one('Deployment', 'tollkeeper-tenant').spec.template.metadata.annotations.team).toBe('billing');
  });

  it('say where pods run, as whom, and with which volumes', () => {
    const volume = { name: 'authority', configMap: { name: 'authority' } };
    const { one, container } = render({
      nodeSelector: { pool: 'billing' }, tolerations: [{ key: 'billing', operator: 'Exists' }], affinity: { nodeAffinity: {} }, priorityClassName: 'high', runAsUser: null,
      extraVolumes: [volume], extraVolumeMounts: [{ name: 'authority', mountPath: '/authority' }], terminationGracePeriodSeconds: 90, topologySpread: { enabled: false },
    });
    const pod = one('Deployment', 'tollkeeper-rating').spec.template.spec;
    expect(pod).toMatchObject({ nodeSelector: { pool: 'billing' }, tolerations: [{ key: 'billing' }], affinity: { nodeAffinity: {} }, priorityClassName: 'high', terminationGracePeriodSeconds: 90 });
    expect(pod.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.volumes).toContainEqual(volume);
    expect(container('rating').volumeMounts).toContainEqual({ name: 'authority', mountPath: '/authority' });
    expect(pod.topologySpreadConstraints).toBeUndefined();
  });

  it('name things as the operator wants', () => {
    expect(render({ fullnameOverride: 'billing' }).one('Deployment', 'billing-gateway').metadata.name).toBe('billing-gateway');
    expect(names(render({ nameOverride: 'toll' }).all('ConfigMap'))).toEqual(['tollkeeper']);
  });
});

describe('service accounts', () => {
  it('may be annotated, or be one that is there', () => {
    expect(render({ serviceAccount: { annotations: { role: 'none' } } }).one('ServiceAccount', 'tollkeeper-rating')).toMatchObject({ automountServiceAccountToken: false, metadata: { annotations: { role: 'none' } } });
    const { all, one } = render({ serviceAccount: { create: false, name: 'billing' } });
    expect(all('ServiceAccount')).toEqual([]);
    expect(one('Deployment', 'tollkeeper-rating').spec.template.spec.serviceAccountName).toBe('billing');
  });
});

describe('received files', () => {
  const filesOf = ({ one }) => one('Deployment', 'tollkeeper-ingestion').spec.template.spec.volumes.find(({ name }) => name === 'files');

  it('lie on a volume that all pods of ingestion share and that outlives the release', () => {
    const rendered = render({ files: { persistence: { storageClass: 'shared', size: '1Gi' } } });
    const claim = rendered.one('PersistentVolumeClaim', 'tollkeeper-files');
    expect(claim.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(claim.spec).toEqual({ accessModes: ['ReadWriteMany'], storageClassName: 'shared', resources: { requests: { storage: '1Gi' } } });
    expect(filesOf(rendered)).toEqual({ name: 'files', persistentVolumeClaim: { claimName: 'tollkeeper-files' } });
    expect(rendered.container('ingestion').volumeMounts).toContainEqual({ name: 'files', mountPath: '/var/lib/tollkeeper' });
  });

  it('lie on a claim that is there, or in one pod', () => {
    const given = render({ files: { persistence: { existingClaim: 'nfs' } } });
    expect(given.all('PersistentVolumeClaim')).toEqual([]);
    expect(filesOf(given).persistentVolumeClaim).toEqual({ claimName: 'nfs' });
    const single = render({ files: { persistence: { enabled: false } }, services: { ingestion: { replicas: 1 } } });
    expect(single.all('PersistentVolumeClaim')).toEqual([]);
    expect(filesOf(single)).toEqual({ name: 'files', emptyDir: { sizeLimit: '20Gi' } });
  });
});
