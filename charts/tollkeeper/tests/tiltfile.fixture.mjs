/** The Tiltfile as it is understood without Tilt: what it asks for, and the objects that it would apply. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { serverFile } from '@tollkeeper/testing';
import { parseAllDocuments } from 'yaml';
import { chart } from './chart.fixture.mjs';

export const root = dirname(dirname(chart));

const objectsOf = (text) => parseAllDocuments(text).map((document) => document.toJSON()).filter(Boolean);
const listOf = (value) => (Array.isArray(value) ? value : value === undefined ? [] : [value]);

/** Runs a Tiltfile with its own arguments; answers the calls of each function, in order, or throws with where it failed. */
export function runTiltfile(args = [], tiltfile = join(root, 'Tiltfile')) {
  const done = spawnSync(serverFile('tilt-check'), [serverFile('helm'), tiltfile, ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (done.status !== 0) throw new Error(`tilt-check ended with ${done.status}: ${done.stderr}`);
  const { calls, error } = JSON.parse(done.stdout);
  if (error) throw new Error(`${error}\n${done.stderr}`);
  const of = (name) => calls.filter((call) => call.function === name).map(({ kwargs }) => kwargs);
  const objects = of('k8s_yaml').flatMap(({ yaml }) => listOf(yaml)).flatMap((given) => objectsOf(/^\S+\.ya?ml$/.test(given) ? readFileSync(join(root, given), 'utf8') : given));
  const resources = of('k8s_resource').map((resource) => ({ ...resource, name: resource.new_name ?? resource.workload, port_forwards: listOf(resource.port_forwards) }));
  const workloads = new Map(objects.filter(({ kind }) => ['Deployment', 'StatefulSet'].includes(kind)).map((object) => [object.metadata.name, object]));
  return { calls, of, objects, resources, workloads };
}
