/** Every package is described, tagged for the boundary rule, and known to the lock file as it is. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolders, workspaceRoot } from '../workspace.mjs';

const types = new Set(['domain', 'contracts', 'ports', 'adapter', 'adapter-kit', 'shell', 'testing', 'simulation', 'service', 'composition']);
const readJson = (file) => JSON.parse(readFileSync(join(workspaceRoot, file), 'utf8'));

export function packageFindings() {
  return packageFolders().flatMap((folder) => {
    const manifest = readJson(join(folder, 'package.json'));
    const tags = (manifest.nx?.tags ?? []).filter((tag) => tag.startsWith('type:'));
    const readme = join(workspaceRoot, folder, 'README.md');
    return [
      ...(existsSync(readme) && readFileSync(readme, 'utf8').trim() ? [] : [`${folder}: no README.md (what it owns, what not, invariants, events)`]),
      ...(tags.length === 1 && types.has(tags[0].slice('type:'.length)) ? [] : [`${folder}: needs exactly one tag type:${[...types].join('|')}`]),
      ...(manifest.name?.startsWith('@tollkeeper/') ? [] : [`${folder}: its name is not in the scope @tollkeeper`]),
    ];
  });
}

/** `npm ci` refuses a lock file that does not fit; this says so before a commit, without the network. */
export function lockFindings() {
  const lock = readJson('package-lock.json').packages;
  const folders = packageFolders();
  const workspaceEntries = Object.keys(lock).filter((path) => path && !path.includes('node_modules'));
  return [
    ...manifestFindings('package.json', readJson('package.json'), lock['']),
    ...manifestFindings('tools/package.json', readJson('tools/package.json'), readJson('tools/package-lock.json').packages['']),
    ...folders.flatMap((folder) =>
      lock[folder] ? manifestFindings(`${folder}/package.json`, readJson(`${folder}/package.json`), lock[folder]) : [`package-lock.json: lacks ${folder}`],
    ),
    ...workspaceEntries.filter((path) => !folders.includes(path)).map((path) => `package-lock.json: has ${path}, which is not there`),
    ...['package-lock.json', 'tools/package-lock.json'].flatMap(registryFindings),
  ].map((finding) => `${finding}; mend: npm install`);
}

function manifestFindings(file, manifest, locked) {
  return ['dependencies', 'devDependencies'].flatMap((kind) => {
    const [wanted, there] = [manifest[kind] ?? {}, locked?.[kind] ?? {}];
    const names = [...new Set([...Object.keys(wanted), ...Object.keys(there)])];
    const differing = names.filter((name) => wanted[name] !== there[name]).map((name) => `${file}: ${kind} ${name} is not what the lock file has`);
    const loose = names.filter((name) => /^[~^><*]/.test(wanted[name] ?? '')).map((name) => `${file}: ${name} is not pinned to one version`);
    return [...differing, ...loose];
  });
}

function registryFindings(file) {
  return Object.entries(readJson(file).packages)
    .filter(([, { resolved, link }]) => resolved && !link && !resolved.startsWith('https://registry.npmjs.org/'))
    .map(([path, { resolved }]) => `${file}: ${path} comes from ${new URL(resolved).origin} and not from the public registry`);
}
