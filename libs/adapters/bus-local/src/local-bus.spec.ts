import type { Bus } from '@tollkeeper/ports';
import { busSuite } from '@tollkeeper/testing';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalBus } from './local-bus.js';

for (const segmentBytes of [64 << 10, 32 << 20]) {
  busSuite(`log segments of ${segmentBytes >> 10} KiB`, async ({ maxBacklogBytes }) => {
    const root = await mkdtemp(join(tmpdir(), 'bus-'));
    let folder = join(root, '0');
    let crashes = 0;
    let bus: Bus | undefined;
    return {
      open: async () => (bus = await LocalBus.open({ folder, segmentBytes, maxBacklogBytes })),
      async crash() {
        // What stands in the files at this moment is what a killed process leaves.
        const copy = join(root, `${++crashes}`);
        await cp(folder, copy, { recursive: true });
        await bus?.close();
        folder = copy;
      },
      async dispose() {
        await bus?.close();
        await rm(root, { recursive: true });
      },
    };
  });
}
