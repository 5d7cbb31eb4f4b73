import { type ApiClient, ApiProblem, RawBody } from '@tollkeeper/api-client';
import { patiently } from '@tollkeeper/testing';
import { type Receipt, settled, usageEvent } from '../small-shop.fixture.js';

/** An event as the load made it; the oracle counts from these. */
export interface SentEvent {
  readonly device: string;
  readonly id: string;
  readonly time: string;
  readonly quantity: string;
}

interface Batch {
  readonly events: readonly SentEvent[];
  /** Sent again under the same key, or under another one, as clients do that lost their memory. */
  key: string;
}

interface Command {
  readonly key: string;
  readonly path: string;
  readonly body: object;
}

type Answer = { readonly id: string } & Readonly<Record<string, unknown>>;

/** The gateways, as a load balancer gives them. */
export interface Edge {
  /** One whose requests are not sent again by itself. */
  next(): ApiClient;
}

const stranger = 'SE-STRANGER';
const senders = 3;
const batchSize = 20;
const batchType = 'application/cloudevents-batch+json';
const pauseMs = 80;
const longestRequestMs = 30_000;
const dayMs = 86_400_000;

/** Clients that send usage, bill, pay and move the clock at the same time, and send what was not answered until it is. */
export class FaultLoad {
  /** Usable events by identity, each made once. */
  readonly good = new Map<string, SentEvent>();
  /** Events of devices that nobody registered, and second ones under a used identity. */
  readonly bad: SentEvent[] = [];
  readonly receipts = new Set<string>();
  readonly payments = new Set<string>();
  /** Events that were answered with 2xx, those included that were sent twice or are bad. */
  accepted = 0;
  /** Requests that were answered with “not now”, and those that nobody answered. */
  turnedAway = 0;
  unanswered = 0;

  private readonly seeds: SentEvent[] = [];
  private readonly unsent: Batch[] = [];
  private readonly open = new Map<string, Command>();
  private made = 0;
  private now = Date.UTC(2026, 1, 1, 6);
  private running = true;
  private failure: unknown;
  private done: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly edge: Edge,
    private readonly devices: readonly string[],
    private readonly entity: string,
    private readonly chance: () => number = seeded(20_260_101),
  ) {}

  /** Events that are booked before anything goes wrong: what is sent under their identities later is surely the second one. */
  async seed(client: ApiClient): Promise<void> {
    this.now = Date.parse((await client.post<{ readonly now: string }>('/v1/clock/advance', { to: new Date(this.now).toISOString() })).now);
    const events = Array.from({ length: 2 * this.devices.length }, () => this.fresh());
    const { id } = await client.post<Receipt>('/v1/usage', events.map(toWire));
    this.receipts.add(id);
    this.accepted += events.length;
    await settled(client, id);
    this.seeds.push(...events);
  }

  start(): void {
    const loops = [...Array.from({ length: senders }, () => () => this.sendUsage()), () => this.bill(), () => this.pay(), () => this.advance()];
    this.done = Promise.all(loops.map((work) => this.loop(work)));
  }

  /** Until so many more events were answered with 2xx. */
  async more(count: number): Promise<void> {
    const until = this.accepted + count;
    await patiently(() => this.failure !== undefined || this.accepted >= until, { timeoutMs: 90_000, otherwise: `only ${this.accepted} events were accepted, not ${until}` });
    this.assertSound();
  }

  /** Sends what nobody has answered yet, and nothing more after it. */
  async finish(): Promise<void> {
    this.running = false;
    await this.done;
    this.assertSound();
    await patiently(async () => (await this.sendUsage(false), this.unsent.length === 0), { timeoutMs: 120_000, otherwise: `${this.unsent.length} batches were not accepted` });
    for (const name of [...this.open.keys()]) await patiently(async () => (await this.command(name)) !== undefined, { timeoutMs: 120_000, otherwise: `${name} was not answered` });
  }

  private assertSound(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private async loop(work: () => Promise<void>): Promise<void> {
    try {
      while (this.running) {
        await work();
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    } catch (error) {
      this.failure ??= error;
      this.running = false;
    }
  }

  private async sendUsage(fresh = true): Promise<void> {
    const batch = this.unsent.shift() ?? (fresh ? this.mixed() : undefined);
    if (!batch) return;
    const receipt = await this.attempt(() => this.post(batch));
    if (receipt) return this.noteReceipt(receipt.id, batch);
    if (this.chance() < 0.3) batch.key = `usage-${++this.made}`;
    this.unsent.push(batch);
  }

  private post({ events, key }: Batch): Promise<Answer> {
    const body = new RawBody(batchType, JSON.stringify(events.map(toWire)));
    return this.edge.next().post<Answer>('/v1/usage', body, { idempotencyKey: key, signal: AbortSignal.timeout(longestRequestMs) });
  }

  private noteReceipt(id: string, { events }: Batch): void {
    this.receipts.add(id);
    this.accepted += events.length;
  }

  /** Mostly fresh readings of the last ten days; some sent twice, some of strangers, some under a used identity. */
  private mixed(): Batch {
    const events = Array.from({ length: batchSize }, (): SentEvent => {
      const dice = this.chance();
      const earlier = this.pick([...this.seeds]);
      if (dice < 0.04) return earlier;
      if (dice < 0.06) return this.note({ ...earlier, quantity: `${earlier.quantity}9` });
      if (dice < 0.07) return this.note({ ...this.make(stranger) });
      return this.fresh();
    });
    return { events, key: `usage-${++this.made}` };
  }

  private fresh(): SentEvent {
    const event = this.make(this.pick(this.devices));
    this.good.set(identity(event), event);
    return event;
  }

  private make(device: string): SentEvent {
    const time = new Date(this.now - (1 + Math.floor(this.chance() * 10)) * dayMs).toISOString();
    const quantity = `${Math.floor(this.chance() * 3)}.${String(1 + Math.floor(this.chance() * 998)).padStart(3, '0')}`;
    return { device, id: String(++this.made).padStart(8, '0'), time, quantity };
  }

  private note(event: SentEvent): SentEvent {
    this.bad.push(event);
    return event;
  }

  private pick<T>(from: readonly T[]): T {
    const one = from[Math.floor(this.chance() * from.length)];
    if (one === undefined) throw new Error('there is nothing to pick from');
    return one;
  }

  private async bill(): Promise<void> {
    await this.command('bill', () => ({ path: '/v1/bill-runs', body: { billing_entity_id: this.entity } }));
    await new Promise((resolve) => setTimeout(resolve, 10 * pauseMs));
  }

  private async pay(): Promise<void> {
    const body = { amount: `${1 + Math.floor(this.chance() * 300)}.10`, currency: 'SEK', bank_identity: `bank-${++this.made}` };
    const payment = await this.command('pay', () => ({ path: '/v1/payments', body }));
    if (payment) this.payments.add(payment.id);
    await new Promise((resolve) => setTimeout(resolve, 3 * pauseMs));
  }

  private async advance(): Promise<void> {
    const moved = await this.command('advance', () => ({ path: '/v1/clock/advance', body: { to: new Date(this.now + dayMs / 4).toISOString() } }));
    if (moved) this.now = Math.max(this.now, Date.parse(String(moved['now'])));
    await new Promise((resolve) => setTimeout(resolve, 10 * pauseMs));
  }

  /** Sends the command of this name that was not answered, else a new one. Undefined when it is not answered (again). */
  private async command(name: string, make?: () => Omit<Command, 'key'>): Promise<Answer | undefined> {
    const command = this.open.get(name) ?? (make && { key: `${name}-${++this.made}`, ...make() });
    if (!command) return undefined;
    this.open.set(name, command);
    const options = { idempotencyKey: command.key, signal: AbortSignal.timeout(longestRequestMs) };
    const answer = await this.attempt(() => this.edge.next().post<Answer>(command.path, command.body, options));
    if (answer) this.open.delete(name);
    return answer;
  }

  /** Undefined when it is to be sent again: nobody answered, or with “not now”. Any other answer than success is a mistake, and thrown. */
  private async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiProblem)) this.unanswered++;
      else if (error.status === 503 || error.status === 429) this.turnedAway++;
      else throw error;
      return undefined;
    }
  }
}

export function identity({ device, id }: Pick<SentEvent, 'device' | 'id'>): string {
  return `test/${device} ${id}`;
}

function toWire({ device, id, time, quantity }: SentEvent): object {
  return usageEvent(device, id, time, quantity);
}

/** Chance that is the same at every run: mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
