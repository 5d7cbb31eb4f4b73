import { createHash } from 'node:crypto';
import { ingestionV1, invoicingV1, ratingV1, receivablesV1 } from '@tollkeeper/contracts';
import type { Entry } from '@tollkeeper/kernel';
import type { ChainDisk } from '../ports/chain-disk.js';
import type { PatientClient } from '../workload/client.js';
import type { Chance } from '../world/chance.js';
import { expectThat } from './violation.js';

/** G12: every chain is what it says, by the oracle's own reading of the format; and the product notices what is done to one. */
export async function checkChains(disk: ChainDisk, client: PatientClient, chance: Chance): Promise<void> {
  for (const [name, { entries }] of disk.chains) checkChain(name, entries);
  expectThat((await faultsFound(client)) === 0, 'G12', () => 'the product finds faults in chains that nobody touched');
  const long = [...disk.chains.values()].filter(({ entries }) => entries.length >= 3 && isVerified(entries[0]));
  if (long.length === 0) return;
  const { entries } = chance.pick(long);
  const whole = [...entries];
  const [what, tampered] = tamper(whole, chance);
  entries.splice(0, entries.length, ...tampered);
  const found = await faultsFound(client);
  entries.splice(0, entries.length, ...whole);
  expectThat(found > 0, 'G12', () => `nobody noticed that ${whole[0]?.chain} had an entry ${what}`);
}

const verified = ['device/', 'catalogue/', 'series/', 'bill-run/', 'customer/', 'payment/', 'intake/', 'quarantine/'];

function isVerified(entry: Entry | undefined): boolean {
  return verified.some((prefix) => entry?.chain.startsWith(prefix));
}

function checkChain(name: string, entries: readonly Entry[]): void {
  let prev: Uint8Array = new Uint8Array(32);
  const causes = new Set<string>();
  entries.forEach((entry, i) => {
    expectThat(entry.n === i + 1, 'G12', () => `place ${i + 1} of ${name} holds entry ${entry.n}`);
    expectThat(Buffer.compare(entry.prev, prev) === 0, 'G12', () => `${name}#${entry.n} does not follow the entry before it`);
    expectThat(Buffer.compare(entry.hash, naiveHash(entry)) === 0, 'G12', () => `${name}#${entry.n} has a hash that is not its own`);
    expectThat(!causes.has(entry.cause), 'G2', () => `${name}#${entry.n} has the cause ${entry.cause} of an earlier entry`);
    causes.add(entry.cause);
    prev = entry.hash;
  });
}

/** The format as the kernel's documentation tells it: layout 1, chain, n, prev, time, cause, kind, body, state. */
function naiveHash(entry: Entry): Buffer {
  const text = (value: string): Buffer => bytes(Buffer.from(value));
  const bytes = (value: Uint8Array): Buffer => Buffer.concat([varint(value.length), value]);
  const parts = [Buffer.from([1]), text(entry.chain), varint(entry.n), entry.prev, varint(entry.bookedAt), text(entry.cause), text(entry.kind), bytes(entry.body), bytes(entry.state)];
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let left = BigInt(value);
  for (; left > 127n; left >>= 7n) out.push(Number(left & 127n) | 128);
  return Buffer.from([...out, Number(left)]);
}

function tamper(entries: readonly Entry[], chance: Chance): readonly [what: string, entries: Entry[]] {
  const at = 1 + chance.below(entries.length - 2);
  const copy = [...entries];
  const [here, next] = [entries[at], entries[at + 1]];
  if (!here || !next) throw new RangeError('a chain of three entries has a second and a third');
  switch (chance.below(3)) {
    case 0: {
      const body = Uint8Array.from(here.body);
      const place = chance.below(body.length);
      body[place] = (body[place] ?? 0) ^ 1;
      copy[at] = { ...here, body };
      return ['edited', copy];
    }
    case 1:
      copy.splice(at, 1);
      return ['deleted', copy];
    default:
      copy[at] = next;
      copy[at + 1] = here;
      return ['exchanged with the next', copy];
  }
}

/** What `chain verify` finds, over every service that has chains here. */
async function faultsFound(client: PatientClient): Promise<number> {
  const services = [ratingV1.RatingService, invoicingV1.InvoicingService, receivablesV1.ReceivablesService, ingestionV1.IngestionService];
  let faults = 0;
  for (const { method } of services) {
    let cursor = '';
    do {
      const reply = await client.ask(method.verifyChains, { tenantId: '', cursor, limit: 500 });
      faults += reply.faults.length;
      cursor = reply.nextCursor;
    } while (cursor !== '');
  }
  return faults;
}
