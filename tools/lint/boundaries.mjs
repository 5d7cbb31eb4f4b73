/**
 * Which kind of package may import which, by the `type:` tag in each package's package.json (`nx.tags`).
 * Dependencies point one way: towards the domain. Adapters are named by compositions, and by the `main.ts` of a service alone;
 * an adapter-kit is what adapters to the same technology share.
 */
const mayImport = {
  domain: ['domain'],
  contracts: [],
  ports: ['domain'],
  adapter: ['ports', 'domain', 'adapter-kit'],
  'adapter-kit': ['ports', 'domain'],
  shell: ['shell', 'ports', 'domain', 'contracts'],
  testing: ['ports', 'domain'],
  simulation: ['service', 'domain', 'contracts', 'ports', 'shell', 'testing'],
  service: ['domain', 'contracts', 'ports', 'shell'],
  composition: ['service', 'domain', 'contracts', 'ports', 'shell', 'adapter', 'adapter-kit'],
};

const tagged = (types) => types.map((type) => `type:${type}`);

/** The command line speaks to the platform through its public API alone, although it is started like a composition. */
const cliConstraint = {
  allSourceTags: ['type:composition', 'scope:cli'],
  onlyDependOnLibsWithTags: tagged(['domain', 'contracts', 'shell']),
};

/** The cluster composition is what processes of services have in common: it is told what to run, and knows no service. */
const clusterConstraint = {
  allSourceTags: ['type:composition', 'scope:cluster'],
  onlyDependOnLibsWithTags: tagged(['domain', 'contracts', 'ports', 'shell', 'adapter', 'adapter-kit']),
};

/** Configuration of `@nx/enforce-module-boundaries`; `also` widens what packages of a type may import. */
function boundaryRule(also = () => [], further = [cliConstraint, clusterConstraint]) {
  return [
    'error',
    {
      allow: [],
      enforceBuildableLibDependency: false,
      banTransitiveDependencies: false,
      depConstraints: [
        ...further,
        ...Object.entries(mayImport).map(([type, types]) => ({
          sourceTag: `type:${type}`,
          onlyDependOnLibsWithTags: [...tagged(types), ...also(type).map((kind) => (kind.includes(':') ? kind : `type:${kind}`))],
        })),
      ],
    },
  ];
}

export const codeBoundaries = boundaryRule();

const mainAlso = { service: ['adapter', 'adapter-kit', 'scope:cluster'], composition: ['scope:cluster'] };

/** A service that starts as a process of its own composes itself in its main.ts, as a rule by what the cluster's processes share; so does their job before an upgrade. */
export const mainBoundaries = boundaryRule((type) => mainAlso[type] ?? []);

/** Specs use real parts and the conformance suites; those of the domain stay as pure as the domain, those of compositions run the whole. */
export const specBoundaries = boundaryRule((type) => {
  if (type === 'domain' || type === 'contracts') return [];
  return type === 'composition' ? ['testing', 'composition'] : ['adapter', 'adapter-kit', 'testing'];
}, []);
