import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Kubernetes } from './kubernetes.js';
import { patiently } from './patience.js';

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

interface Discovery {
  readonly paths: Readonly<Record<string, { readonly serverRelativeURL: string }>>;
}

interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, JsonObject>> };
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

interface ResourceDefinitions {
  readonly items: readonly {
    readonly spec: { readonly group: string; readonly names: { readonly kind: string }; readonly versions: readonly { readonly name: string; readonly served: boolean }[] };
  }[];
}

/**
 * Writes the schemas of everything that the API serves at this moment, resource definitions included, as JSON Schema into the folder, and answers the
 * `-schema-location` by which kubeconform finds them. They refuse fields that the API does not know.
 */
export async function writeSchemas(kubernetes: Pick<Kubernetes, 'run'>, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const { items } = JSON.parse(await kubernetes.run('kubectl', ['get', 'crd', '-o', 'json'])) as ResourceDefinitions;
  const defined = items.flatMap(({ spec }) =>
    spec.versions.filter(({ served }) => served).map(({ name }) => fileOf({ group: spec.group, version: name, kind: spec.names.kind })),
  );
  // A definition is established a moment before its schema is published.
  const published = async () => {
    const written = await writeServed(kubernetes, folder);
    return defined.every((file) => written.has(file));
  };
  await patiently(published, { pollMs: 250, otherwise: `the API did not publish the schemas of all its resource definitions (${defined.join(', ')})` });
  return join(folder, '{{.ResourceKind}}-{{.Group}}-{{.ResourceAPIVersion}}.json');
}

/** Writes what the API publishes now, and answers the names of the files by which kinds are found. */
async function writeServed(kubernetes: Pick<Kubernetes, 'run'>, folder: string): Promise<ReadonlySet<string>> {
  const raw = async <T>(path: string) => JSON.parse(await kubernetes.run('kubectl', ['get', '--raw', path])) as T;
  const written = new Set<string>();
  const { paths } = await raw<Discovery>('/openapi/v3');
  for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
    const schemas = (await raw<Document>(serverRelativeURL)).components?.schemas ?? {};
    const definitions = `definitions-${path.replaceAll('/', '-')}.json`;
    await writeFile(join(folder, definitions), JSON.stringify({ components: { schemas: refuseUnknown(schemas) } }));
    for (const [name, schema] of Object.entries(schemas)) {
      // A kind may appear in the documents of several versions; what defines it is the one of its own.
      for (const served of kindsOf(schema).filter((kind) => isDefinedBy(path, kind))) {
        await writeFile(join(folder, fileOf(served)), JSON.stringify({ $ref: `${definitions}#/components/schemas/${name}` }));
        written.add(fileOf(served));
      }
    }
  }
  return written;
}

// kubeconform takes the version of the core for its group.
const fileOf = ({ group, version, kind }: GroupVersionKind) => `${kind.toLowerCase()}-${group || version}-${version}.json`;

const isDefinedBy = (path: string, { group, version }: GroupVersionKind) => path === (group === '' ? `api/${version}` : `apis/${group}/${version}`);

function kindsOf(schema: JsonObject): readonly GroupVersionKind[] {
  return (schema['x-kubernetes-group-version-kind'] as readonly GroupVersionKind[] | undefined) ?? [];
}

/** The schema, with objects that list their properties closed to others, as the API itself does under strict field validation. */
function refuseUnknown(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(refuseUnknown);
  if (schema === null || typeof schema !== 'object') return schema;
  const inner = Object.fromEntries(Object.entries(schema as JsonObject).map(([name, part]) => [name, refuseUnknown(part)]));
  const closed = isObject(inner['properties']) && inner['additionalProperties'] === undefined && inner['x-kubernetes-preserve-unknown-fields'] !== true;
  return closed && inner['type'] === 'object' ? { ...inner, additionalProperties: false } : inner;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
