import { patiently } from '@tollkeeper/testing';
import type { ServiceName } from '../../settings/settings.js';
import type { ClusterUnderTest } from '../cluster.fixture.js';
import { addCustomer, openShop, type Shop } from '../small-shop.fixture.js';
import { type Edge, FaultLoad } from './fault-load.fixture.js';
import { audit, drained, type Figures, graduatedPrice } from './fault-oracle.fixture.js';

/** What a fault does while the load runs, until the harm is undone. */
export type Fault = (load: FaultLoad) => Promise<void>;

const devices = ['SE-1', 'SE-2', 'SE-3', 'SE-4', 'SE-5', 'SE-6'];
/** Lines of each process that are shown when a trial fails. */
const longestStory = 12;
let shops = 0;

function edgeOf(cluster: ClusterUnderTest, shop: Shop): Edge {
  let turn = 0;
  const gateway = () => turn++ % cluster.of('gateway').length;
  return {
    next: () => cluster.clientFor(shop.apiKey, gateway(), 1),
  };
}

/**
 * Lets a fault happen to a tenant of its own that sends, bills and pays; the load goes on after it. Then everything must come to
 * rest, and the books must say what was sent. Prints the figures.
 */
export async function underFault(cluster: ClusterUnderTest, name: string, fault: Fault): Promise<Figures> {
  try {
    return await trial(cluster, name, fault);
  } catch (error) {
    const said = cluster.processes.flatMap((one) => one.said.split('\n').filter((line) => / (error|warn): /.test(line)).slice(-longestStory));
    process.stderr.write(`fault trial, ${name}: ${String(error)}\nThe processes said last:\n${said.join('\n')}\n`);
    throw error;
  }
}

async function trial(cluster: ClusterUnderTest, name: string, fault: Fault): Promise<Figures> {
  const shop = await openShop(cluster, `fault-${++shops}`, devices.slice(0, 3), graduatedPrice);
  // These accounts close by themselves, so that invoices are made all the time.
  await addCustomer(shop.client, shop.brand, devices.slice(3), { hold: { threshold: '150' } });
  const load = new FaultLoad(edgeOf(cluster, shop), devices, shop.entity);
  await load.seed(shop.client);
  load.start();
  await load.more(200);
  await fault(load);
  const mended = performance.now();
  await load.more(200);
  await load.finish();
  // The gateway that the shop was opened with may be another one by now.
  const books = { ...shop, client: cluster.clientFor(shop.apiKey) };
  const days = await drained(books, load);
  const drainedS = (performance.now() - mended) / 1000;
  const figures = await audit(books, load, days, devices);
  print(name, figures, drainedS, load);
  return figures;
}

/** Every process of a service, or of all, says that it is ready. */
export async function allReady(cluster: ClusterUnderTest): Promise<void> {
  for (const one of cluster.processes) {
    await patiently(async () => (await one.ready()).status === 200, { timeoutMs: 60_000, otherwise: `${one.service} did not become ready` });
  }
}

/** A process of the service says of that check that it is not well. */
export async function unready(cluster: ClusterUnderTest, service: ServiceName, check: string): Promise<void> {
  const [one] = cluster.of(service);
  const isUnwell = async () => ((await one?.ready())?.checks[check] ?? 'ok') !== 'ok';
  await patiently(isUnwell, { timeoutMs: 60_000, otherwise: `${service} did not notice: ${check} stayed well` });
}

function print(name: string, figures: Figures, drainedS: number, load: FaultLoad): void {
  const { accepted, received, booked, duplicate, quarantined, lost, double, invoices } = figures;
  const events = `${accepted} events accepted; ${received} received = ${booked} booked + ${duplicate} duplicate + ${quarantined} quarantined`;
  const edge = `${load.turnedAway} requests turned away, ${load.unanswered} unanswered`;
  process.stderr.write(`fault trial, ${name}: ${events}; lost ${lost}, double ${double}; drained in ${drainedS.toFixed(1)} s; ${invoices} invoices; ${edge}\n`);
}
