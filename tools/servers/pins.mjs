/**
 * The servers that the tests of the cluster composition run, as sets that are built and cached together. What a set is built from
 * is pinned beside this file, in the folder of its name: a Go module with its sums, or Python requirements with their hashes.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/**
 * Binaries of one Go module, the one whose version they have: the name that tests ask for, and the package that is built. `variables` are set by
 * the linker, with VERSION for the version; `texts` are files that tests need, joined to one, of this module or of another one that go.mod requires
 * (`{ from, files }`); `seconds` is a cold build on two cores.
 */
const goSet = (name, { module, seconds, packages = {}, variables = {}, texts = {} }) => ({
  name, kind: 'go', folder: join(here, name), module, seconds, packages, variables, texts,
});

const kubeVersion = 'k8s.io/component-base/version';

const serverSets = [
  goSet('nats', { module: 'github.com/nats-io/nats-server/v2', seconds: 45, packages: { 'nats-server': 'github.com/nats-io/nats-server/v2' } }),
  // It speaks MongoDB's wire protocol; the product never depends on it, production is a MongoDB replica set.
  { name: 'mongo', kind: 'python', folder: join(here, 'mongo'), seconds: 15, package: 'secantusdb', binary: 'mongo-server', module: 'secantus.cli' },
  goSet('dapr', {
    module: 'github.com/dapr/dapr',
    seconds: 210,
    packages: { placement: 'github.com/dapr/dapr/cmd/placement', scheduler: 'github.com/dapr/dapr/cmd/scheduler', daprd: './daprd' },
    variables: { 'github.com/dapr/dapr/pkg/buildinfo.version': 'VERSION' },
    texts: {
      'dapr-crds.yaml': ['components', 'configuration', 'httpendpoints', 'resiliency', 'subscription'].map((name) => `charts/dapr/crds/${name}.yaml`),
    },
  }),
  goSet('toxiproxy', {
    module: 'github.com/Shopify/toxiproxy/v2',
    seconds: 14,
    packages: { toxiproxy: 'github.com/Shopify/toxiproxy/v2/cmd/server' },
    variables: { 'github.com/Shopify/toxiproxy/v2.Version': 'VERSION' },
  }),
  goSet('etcd', { module: 'go.etcd.io/etcd/server/v3', seconds: 30, packages: { etcd: 'go.etcd.io/etcd/server/v3' } }),
  goSet('kubernetes', {
    module: 'k8s.io/kubernetes',
    seconds: 300,
    packages: Object.fromEntries(
      ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubectl'].map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]),
    ),
    // Without them the servers take themselves for version 0.0, which refuses to work with the API's versions.
    variables: { [`${kubeVersion}.gitVersion`]: 'vVERSION', [`${kubeVersion}.gitMajor`]: '1', [`${kubeVersion}.gitMinor`]: '36' },
  }),
  goSet('kwok', {
    module: 'sigs.k8s.io/kwok',
    seconds: 85,
    packages: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    texts: {
      'kwok-stages.yaml': [
        'kustomize/stage/node/fast/node-initialize.yaml',
        'kustomize/stage/node/heartbeat-with-lease/node-heartbeat-with-lease.yaml',
        ...['ready', 'complete', 'delete'].map((stage) => `kustomize/stage/pod/fast/pod-${stage}.yaml`),
      ],
    },
  }),
  goSet('helm', {
    module: 'helm.sh/helm/v4',
    seconds: 85,
    packages: { helm: 'helm.sh/helm/v4/cmd/helm' },
    variables: { 'helm.sh/helm/v4/internal/version.version': 'vVERSION' },
  }),
  goSet('kubeconform', {
    module: 'github.com/yannh/kubeconform',
    seconds: 2,
    packages: { kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform' },
    variables: { 'main.version': 'vVERSION' },
  }),
  // Kinds that others bring to Kubernetes and the chart may make: nothing of it runs, but what the chart makes must fit.
  goSet('resource-definitions', {
    module: 'sigs.k8s.io/gateway-api',
    seconds: 10,
    texts: {
      'gateway-api-crds.yaml': ['config/crd/standard/gateway.networking.k8s.io_httproutes.yaml'],
      'keda-crds.yaml': { from: 'github.com/kedacore/keda/v2', files: ['config/crd/bases/keda.sh_scaledobjects.yaml'] },
      'prometheus-operator-crds.yaml': {
        from: 'github.com/prometheus-operator/prometheus-operator',
        files: ['servicemonitors', 'prometheusrules'].map((kind) => `example/prometheus-operator-crd/monitoring.coreos.com_${kind}.yaml`),
      },
    },
  }),
  // Runs a Tiltfile without Tilt.
  goSet('tilt-check', { module: 'go.starlark.net', seconds: 10, packages: { 'tilt-check': '.' } }),
];

/** The sets of the given names, all of them for none. */
export function setsOf(names) {
  const unknown = names.filter((name) => !serverSets.some((set) => set.name === name));
  if (unknown.length > 0) {
    throw new Error(`no set of servers is called ${unknown.join(', ')}\n  mend: choose from ${serverSets.map((set) => set.name).join(', ')}`);
  }
  return names.length === 0 ? serverSets : serverSets.filter((set) => names.includes(set.name));
}

/** The version of the set's module that its go.mod requires, without the leading v. */
export function goVersionOf(set) {
  const required = readFileSync(join(set.folder, 'go.mod'), 'utf8').matchAll(/^(?:require)?\s+(\S+) v(\S+)/gm);
  const found = [...required].find(([, module]) => module === set.module);
  if (!found) throw new Error(`${set.folder}/go.mod does not require ${set.module}`);
  return found[2];
}

/** The version that the set's requirements pin. */
export function pythonVersionOf(set) {
  const pinned = new RegExp(`^${set.package}==(\\S+)`, 'm').exec(readFileSync(join(set.folder, 'requirements.txt'), 'utf8'));
  if (!pinned) throw new Error(`${set.folder}/requirements.txt does not pin ${set.package}`);
  return pinned[1];
}
