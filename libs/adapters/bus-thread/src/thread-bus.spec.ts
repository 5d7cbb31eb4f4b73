import { LocalBus } from '@tollkeeper/bus-local';
import type { Bus } from '@tollkeeper/ports';
import { busSuite } from '@tollkeeper/testing';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Wire } from './messages.js';
import { serveBus } from './serve-bus.js';
import { ThreadBus } from './thread-bus.js';

function wireOver(port: MessagePort): Wire {
  return {
    send: (message, transfer = []) => port.postMessage(message, [...transfer]),
    listen: (listener) => port.on('message', listener),
  };
}

/** For the suite, which knows one bus only: closing it leaves its folder free. */
function closingBoth(bus: ThreadBus, end: () => Promise<void>): Bus {
  const close = bus.close.bind(bus);
  return Object.assign(bus, { close: () => close().then(end) });
}

// Everything that the suite asks crosses a real message channel, copied as between threads.
busSuite('the bus of another thread', async ({ maxBacklogBytes }) => {
  const root = await mkdtemp(join(tmpdir(), 'bus-thread-'));
  let folder = join(root, '0');
  let crashes = 0;
  let end: (() => Promise<void>) | undefined;
  return {
    async open(): Promise<Bus> {
      const bus = await LocalBus.open({ folder, segmentBytes: 64 << 10, maxBacklogBytes });
      const { port1, port2 } = new MessageChannel();
      serveBus({ bus, wire: wireOver(port1), topics: [] });
      end = async () => {
        await bus.close();
        port1.close();
      };
      return closingBoth(new ThreadBus(wireOver(port2)), end);
    },
    async crash() {
      const copy = join(root, `${++crashes}`);
      await cp(folder, copy, { recursive: true });
      await end?.();
      folder = copy;
    },
    async dispose() {
      await end?.();
      await rm(root, { recursive: true });
    },
  };
});
