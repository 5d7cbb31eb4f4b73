import { describe, expect, it } from '@jest/globals';
import { refusal } from './chart.fixture.mjs';

describe('the schema of the values', () => {
  it.each([
    ['a word for a number', { services: { rating: { replicas: 'two' } } }, "at '/services/rating/replicas': got string, want integer"],
    ['a value that does not exist', { service: { typ: 'NodePort' } }, "at '/service': additional properties 'typ' not allowed"],
    ['a service that does not exist', { services: { ratings: { replicas: 1 } } }, "at '/services': additional properties 'ratings' not allowed"],
    ['an address that is none of NATS', { nats: { url: 'http://nats' } }, "at '/nats/url'"],
    ['an address that is none of MongoDB', { mongodb: { url: 'postgres://db' } }, "at '/mongodb/url'"],
    ['a secret that is too short', { installationSecret: { value: 'c2hvcnQ=' } }, "at '/installationSecret/value'"],
    ['a quorum of two', { nats: { streamReplicas: 2 } }, "at '/nats/streamReplicas': value must be one of 1, 3"],
    ['a level that no logger has', { config: { logLevel: 'loud' } }, "at '/config/logLevel': value must be one of"],
    ['no partitions', { config: { usagePartitions: 0 } }, "at '/config/usagePartitions': minimum: got 0, want 1"],
    ['a budget that lets no pod go', { podDisruptionBudget: { maxUnavailable: 0 } }, "at '/podDisruptionBudget/maxUnavailable'"],
    ['memory in bananas', { prepare: { resources: { limits: { memory: 'lots' } } } }, "at '/prepare/resources/limits/memory'"],
    ['the user root', { runAsUser: 0 }, "at '/runAsUser': minimum: got 0, want 1"],
    ['a variable that no shell knows', { extraEnv: [{ name: 'NO SPACES' }] }, "at '/extraEnv/0/name'"],
    ['a host with a path', { ingress: { hosts: ['example.com/billing'] } }, "at '/ingress/hosts/0'"],
    ['a sidecar for no service', { dapr: { services: ['billing'] } }, "at '/dapr/services/0'"],
  ])('refuses %s', (_, values, message) => {
    expect(refusal(values)).toContain(message);
  });
});

describe('values that do not go together', () => {
  it('are named all at once, with how to mend them', () => {
    const said = refusal({}, { ingress: { enabled: true }, httpRoute: { enabled: true } });
    expect(said.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      expect.stringMatching(/^- nats\.url is missing: set it to the address of NATS, such as nats:.*nats\.existingSecret$/),
      expect.stringMatching(/^- mongodb\.url is missing: /),
      expect.stringMatching(/^- installationSecret\.value is missing: set it to what `openssl rand -base64 32` gives/),
      '- ingress.hosts is empty: name the hosts of the API, such as [billing.example.com]',
      '- httpRoute.parentRefs is empty: name the gateway that publishes the API, such as [{ name: public, namespace: gateways }]',
    ]);
  });

  it.each([
    ['pods of ingestion that share no folder', { files: { persistence: { enabled: false } } }, 'services.ingestion would have up to 2 pods without a volume that they share'],
    [
      'pods that would be added and share no folder',
      { files: { persistence: { enabled: false } }, services: { ingestion: { replicas: 1, autoscaling: { enabled: true } } } },
      'services.ingestion would have up to 10 pods without a volume that they share',
    ],
    ['pods of ingestion on a volume for one node', { files: { persistence: { accessModes: ['ReadWriteOnce'] } } }, 'files.persistence.accessModes needs ReadWriteMany'],
    ['KEDA that is told no place to look', { services: { rating: { keda: { enabled: true } } } }, 'services.rating.keda.natsMonitoringEndpoint is missing'],
    [
      'more pods of rating than partitions',
      { config: { usagePartitions: 4 }, services: { rating: { keda: { enabled: true, natsMonitoringEndpoint: 'nats:8222' } } } },
      'services.rating.keda.maxReplicas is 16, but only 4 pods have work',
    ],
    [
      'a least number above the greatest',
      { services: { gateway: { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 3 } } } },
      'services.gateway.autoscaling.minReplicas is 5, more than its maxReplicas of 3',
    ],
    ['a drain in which Dapr cannot move accounts', { config: { drainDelayMs: 500 } }, 'config.drainDelayMs is 500, but Dapr needs 2000'],
    ['a drain that takes longer than a pod has', { config: { drainDelayMs: 60_000 } }, 'terminationGracePeriodSeconds is 60, but a pod may need 85'],
  ])('refuse %s', (_, values, message) => {
    expect(refusal(values)).toContain(message);
  });
});
