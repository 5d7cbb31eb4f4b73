/** Builds the image as a user does, from the Dockerfile and nothing else. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '../workspace.mjs';
import { ensureBaseImage } from './base-image.mjs';
import { buildah, ensureContainerTools } from './container-tools.mjs';

const mostImages = 60;

export const imageName = 'localhost/tollkeeper:test';

/** Builds it, with progress, and answers `{ base, config }`: where the base image is from, and what the image says of itself. */
export async function buildImage() {
  ensureContainerTools();
  const base = await ensureBaseImage();
  process.stderr.write(`base image: ${base}\nbuilding the image (about three minutes the first time) …\n`);
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-npmrc-'));
  try {
    const npmrc = join(folder, 'npmrc');
    writeFileSync(npmrc, npmSettings());
    const steps = (text) => text.split('\n').filter((line) => line.includes('STEP')).forEach((line) => process.stderr.write(`  ${line}\n`));
    const build = () => buildah(['bud', '--layers', '--pull-never', '--secret', `id=npmrc,src=${npmrc}`, '--tag', imageName, workspaceRoot], { onLine: steps });
    // Registries have hiccups; the layers that stand are not built again.
    await build().catch((error) => {
      process.stderr.write(`${error.message}\nthe image could not be built; once more …\n`);
      return build();
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  await forgetOldLayers();
  const { OCIv1 } = JSON.parse(await buildah(['inspect', '--type', 'image', imageName]));
  return { base, config: OCIv1.config };
}

/** Layers of earlier builds make the next one quick; those of many are only in the way. */
async function forgetOldLayers() {
  const images = JSON.parse(await buildah(['images', '--all', '--json']));
  if (images.length > mostImages) await buildah(['rmi', '--prune']);
}

/** The user's own settings of npm (a mirror, its credentials), and the authorities that this machine trusts. */
function npmSettings() {
  const own = join(homedir(), '.npmrc');
  const trusted = process.env.NODE_EXTRA_CA_CERTS ? 'cafile=/etc/ssl/certs/ca-certificates.crt\n' : '';
  return `${existsSync(own) ? readFileSync(own, 'utf8').trimEnd() : ''}\n${trusted}`;
}
