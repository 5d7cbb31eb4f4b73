/** Reads the data folder of a platform that has stopped, and compares it with the oracle: counts of the intake, balances of the accounts. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { fromCanonicalBytes } from '@tollkeeper/kernel';
import { balanceOf, decodeState } from '../../services/rating/dist/actors/account-state.js';
import { deviceChain } from '../../services/rating/dist/actors/account-store.js';
import { day } from './template.mjs';
import { deviceReference, tenantOf } from './workload.mjs';

const headsAtOnce = 4096;

/** @throws Error that names what differs; the folder then stays for a look */
export async function checkBooks({ name, folder, tenants, workload, sent }) {
  const chains = await LevelChainStore.open({ folder: join(folder, 'chains') });
  const accounts = await LevelChainStore.open({ folder: join(folder, 'rating/chains') });
  const faults = [];
  const intake = { received: 0, booked: 0, duplicate: 0, quarantined: 0 };
  const days = await chains.heads(tenants.map(({ id }) => `intake/${id}/${day}`));
  for (const head of days) {
    if (!head) continue;
    const state = fromCanonicalBytes(head.state);
    for (const key of Object.keys(intake)) intake[key] += state[key];
  }
  const { events, duplicates } = workload.counts;
  const expected = { received: sent.reduce((sum, n) => sum + n, 0), booked: events - duplicates, duplicate: duplicates, quarantined: 0 };
  for (const key of Object.keys(expected)) if (intake[key] !== expected[key]) faults.push(`intake says ${key} ${intake[key]}, the oracle ${expected[key]}`);
  const used = [...workload.devices];
  for (let from = 0; from < used.length; from += headsAtOnce) {
    const some = used.slice(from, from + headsAtOnce);
    const heads = await accounts.heads(some.map((device) => deviceChain(tenants[tenantOf(device)].id, deviceReference(device))));
    some.forEach((device, i) => {
      const balance = heads[i] ? balanceOf(decodeState(heads[i].state)).toString() : 'no account';
      const owed = workload.expected(device);
      if (balance !== owed) faults.push(`${deviceReference(device)} owes ${balance}, the oracle says ${owed}`);
    });
  }
  await chains.close();
  await accounts.close();
  if (faults.length > 0) throw new Error(`${name}: the books differ from the oracle in ${faults.length} places (kept in ${folder}):\n  ${faults.slice(0, 10).join('\n  ')}`);
  rmSync(folder, { recursive: true, force: true });
}
