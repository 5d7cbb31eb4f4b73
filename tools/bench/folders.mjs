import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Everything that the bench writes; ignored by git, removed by `npm run clean`. */
export const cacheFolder = join(root, '.cache/bench');
