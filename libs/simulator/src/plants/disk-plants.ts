import { nextEntry } from '@tollkeeper/kernel';
import type { AppendRequest } from '@tollkeeper/ports';
import type { Plant } from './plant.js';

/** Bugs of the stores: what their promises would look like if they were not kept. */
export const diskPlants: readonly Plant[] = [
  {
    name: 'overwrite-entry',
    description: 'an entry whose place is taken overwrites what stands there',
    corrupt({ chains }) {
      const insert = chains.insert.bind(chains);
      chains.insert = (request) => {
        const stored = chains.chains.get(request.entry.chain);
        if (!stored || request.entry.n > stored.entries.length) return insert(request);
        stored.entries[request.entry.n - 1] = request.entry;
        if (request.causeIndexed) stored.causes.set(request.entry.cause, request.entry);
        return { status: 'appended' };
      };
    },
  },
  {
    name: 'accept-zombie-head',
    description: 'an entry behind an old head is put at the end of its chain',
    corrupt({ chains }) {
      const insert = chains.insert.bind(chains);
      chains.insert = (request) => {
        const outcome = insert(request);
        if (outcome.status === 'appended') return outcome;
        const head = chains.head(request.entry.chain);
        return insert({ ...request, entry: { ...request.entry, n: (head?.n ?? 0) + 1 } });
      };
    },
  },
  {
    name: 'swap-writes',
    description: 'two writes of a chain reach the disk in the wrong order',
    corrupt({ chains, chance }) {
      const insert = chains.insert.bind(chains);
      chains.insert = (request) => {
        const outcome = insert(request);
        const entries = chains.chains.get(request.entry.chain)?.entries ?? [];
        const [before, last] = entries.slice(-2);
        if (before && last && chance.hits(0.02)) entries.splice(-2, 2, last, before);
        return outcome;
      };
    },
  },
  {
    name: 'lose-synced-tail',
    description: 'entries that were promised to be durable are lost when the power goes',
    corrupt({ chains, chance }) {
      const losePower = chains.losePower.bind(chains);
      chains.losePower = (fate) => {
        losePower(fate);
        for (const { entries } of chains.chains.values()) if (entries.length > 1 && chance.hits(0.3)) entries.pop();
      };
    },
  },
  {
    name: 'twin-in-series',
    description: 'an invoice that is tried again takes a second number',
    corrupt({ chains, chance }) {
      const insert = chains.insert.bind(chains);
      chains.insert = (request) => {
        const outcome = insert(request);
        if (request.entry.chain.startsWith('series/') && chance.hits(0.2)) insert(twinOf(request));
        return outcome;
      };
    },
  },
  {
    name: 'settle-before-flush',
    description: 'follow-up work counts as done although the views that show it are not durable',
    corrupt({ views }) {
      views.flush = () => undefined;
    },
  },
];

function twinOf(request: AppendRequest): AppendRequest {
  const { entry } = request;
  return { ...request, entry: nextEntry(entry.chain, entry, { ...entry, cause: `${entry.cause}/again` }) };
}
