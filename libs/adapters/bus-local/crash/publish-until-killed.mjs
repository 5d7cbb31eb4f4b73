/**
 * Publishes to a bus, consumes a part of it, and says on its output what became durable: `published id`, and what it is
 * about to acknowledge: `done id`. The spec beside the bus kills it and looks whether it told the truth.
 * Arguments: folder, round, messages after which it stops by itself, KiB of a segment.
 */
import { LocalBus } from '@tollkeeper/bus-local';
import { writeSync } from 'node:fs';

const [folder, round, most] = [process.argv[2], process.argv[3], Number(process.argv[4])];
const segmentBytes = Number(process.argv[5] ?? 64) * 1024;
const partitions = 4;
const topic = {
  name: 'crash',
  partitions,
  encode: (value) => Buffer.from(JSON.stringify(value)),
  decode: (bytes) => JSON.parse(Buffer.from(bytes).toString('utf8')),
};

const bus = await LocalBus.open({ folder, segmentBytes });
let published = 0;
let refused = 0;

bus.subscribe(topic, { group: 'half', maxInFlight: 100 }, (deliveries) => {
  const done = deliveries.filter(({ value }) => value.number % 2 === 0 || value.number % 7 === 0);
  writeSync(1, done.map(({ id }) => `done ${id}\n`).join(''));
  for (const delivery of done) delivery.ack();
});

async function publish(partition) {
  for (let number = 0; published < most; ) {
    const messages = Array.from({ length: 1 + (number % 5) }, () => ({
      id: `${round}/${partition}/${number}`,
      value: { partition, number: number++, filling: 'x'.repeat(number % 300) },
    }));
    try {
      await bus.publish(topic, partition, messages);
      published += messages.length;
      writeSync(1, messages.map(({ id }) => `published ${id}\n`).join(''));
    } catch (error) {
      if (error.name !== 'BusFull') throw error;
      refused++;
    }
  }
}

await Promise.all(Array.from({ length: partitions }, (_, partition) => publish(partition)));
await bus.close();
writeSync(1, `refused ${refused}\n`);
