import { type ApiClient, ApiProblem, RawBody } from '@tollkeeper/api-client';
import type { SeededRandom } from '../sample/seeded-random.js';
import { usageEvent } from './small-tenant.fixture.js';

/** An event as the load made it; the oracle counts from these. */
export interface SentEvent {
  readonly device: string;
  readonly source: string;
  readonly id: string;
  readonly time: string;
  readonly meter: string;
  readonly quantity: string;
}

/** Something that is sent until it is answered, always with the same key and content. */
interface Command {
  readonly key: string;
  readonly path: string;
  readonly body: object;
}

interface Batch {
  readonly events: readonly SentEvent[];
}

export interface Answered {
  readonly command: Command;
  readonly answer: { readonly id: string } & Readonly<Record<string, unknown>>;
}

interface InvoiceHead {
  readonly id: string;
  readonly kind: string;
  readonly reference?: string;
}

const dayMs = 86_400_000;
const batchSize = 40;

/**
 * Clients that send usage, bill, pay, credit and move the clock, all at once, and remember what they were promised. A
 * request that a crash cut off is kept and sent again, the same, to the next process.
 */
export class CrashLoad {
  /** Usable events by source and id, each made once. */
  readonly good = new Map<string, SentEvent>();
  /** Events of devices that nobody registered, and second ones under a used identity. */
  readonly bad: SentEvent[] = [];
  readonly receipts = new Set<string>();
  readonly answered = { bill: [] as Answered[], pay: [] as Answered[], credit: [] as Answered[] };
  /** Answers below 500 that are no success, by code. */
  readonly refusals = new Map<string, number>();
  received = 0;
  cutOff = 0;
  now = Date.UTC(2026, 1, 1, 6);

  private readonly acknowledged: SentEvent[] = [];
  private readonly unsent: Batch[] = [];
  private readonly open = new Map<string, Command>();
  private readonly counters = new Map<string, number>();
  private made = 0;

  constructor(
    private readonly random: SeededRandom,
    private readonly devices: readonly string[],
    private readonly entity: string,
  ) {}

  /** Works until the client's process is gone, or until `enough` says so. Rejects when an answer shows a mistake. */
  async run(client: ApiClient, enough: () => boolean): Promise<void> {
    await Promise.all([
      this.loop(enough, () => this.sendUsage(client)),
      this.loop(enough, () => this.sendUsage(client)),
      this.loop(enough, () => this.bill(client)),
      this.loop(enough, () => this.pay(client)),
      this.loop(enough, () => this.credit(client)),
      this.loop(enough, () => this.advance(client)),
    ]);
  }

  /** Sends what no process has answered yet. */
  async finish(client: ApiClient): Promise<void> {
    while (this.unsent.length > 0) await this.sendUsage(client, false);
    for (const name of [...this.open.keys()]) if (!(await this.command(client, name, undefined))) throw new Error(`${name} was not answered`);
  }

  private async loop(enough: () => boolean, work: () => Promise<boolean>): Promise<void> {
    while (!enough() && (await work())) {
      // A breath, so that the clients take turns on a small machine.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  private async sendUsage(client: ApiClient, fresh = true): Promise<boolean> {
    const batch = this.unsent.shift() ?? (fresh ? this.makeBatch() : undefined);
    if (!batch) return true;
    const events = batch.events.map(({ device, id, time, meter, quantity }) => usageEvent(device, id, time, meter, quantity));
    const receipt = await this.attempt(() => client.post<{ id: string; received: number }>('/v1/usage', new RawBody('application/cloudevents-batch+json', JSON.stringify(events))));
    if (!receipt) {
      this.unsent.push(batch);
      return false;
    }
    if (receipt.id === refused) throw new Error(`usage was refused: ${[...this.refusals.keys()].at(-1)}`);
    this.receipts.add(receipt.id);
    this.received += batch.events.length;
    this.acknowledged.push(...batch.events);
    return true;
  }

  /** Mostly fresh readings of the last ten days; some sent twice, some strange ones, some under a used identity. */
  private makeBatch(): Batch {
    const events = Array.from({ length: batchSize }, (): SentEvent => {
      const earlier = this.acknowledged[this.random.whole(0, this.acknowledged.length)];
      if (earlier && this.random.chance(0.05)) return earlier;
      if (earlier && this.random.chance(0.02) && this.good.has(identity(earlier))) return this.note({ ...earlier, quantity: `${earlier.quantity}9` });
      const stranger = this.random.chance(0.01);
      const device = stranger ? 'SE*TST*STRANGER' : (this.devices[this.random.whole(0, this.devices.length - 1)] ?? '');
      const n = (this.counters.get(device) ?? 0) + 1;
      this.counters.set(device, n);
      const day = new Date(this.now - this.random.whole(1, 10) * dayMs).toISOString().slice(0, 10);
      const meter = this.random.chance(0.7) ? 'energy_kwh' : 'sms';
      const quantity = meter === 'sms' ? '1' : `${this.random.whole(0, 20)}.${this.random.whole(1, 999).toString().padStart(3, '0')}`;
      const event = { device, source: `test/${device}`, id: String(n).padStart(8, '0'), time: `${day}T12:00:00Z`, meter, quantity };
      if (stranger) return this.note(event);
      this.good.set(identity(event), event);
      return event;
    });
    return { events };
  }

  private note(event: SentEvent): SentEvent {
    this.bad.push(event);
    return event;
  }

  private async bill(client: ApiClient): Promise<boolean> {
    const run = await this.command(client, 'bill', () => ({ path: '/v1/bill-runs', body: { billing_entity_id: this.entity } }));
    if (!run) return false;
    for (;;) {
      const seen = await this.attempt(() => client.get<{ status: string }>(`/v1/bill-runs/${run.id}`));
      if (!seen) return false;
      if (seen.status !== 'running') return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async pay(client: ApiClient): Promise<boolean> {
    const invoice = await this.someInvoice(client);
    if (invoice === 'cut off') return false;
    const amount = `${this.random.whole(1, 300)}.${this.random.whole(10, 99)}`;
    const known = invoice?.reference !== undefined && this.random.chance(0.9);
    const identified = this.random.chance(0.5) ? { bank_identity: `bank-${++this.made}` } : {};
    const body = { amount, currency: 'SEK', ...(known ? { reference: invoice.reference } : {}), ...identified };
    return (await this.command(client, 'pay', () => ({ path: '/v1/payments', body }))) !== undefined;
  }

  private async credit(client: ApiClient): Promise<boolean> {
    const invoice = await this.someInvoice(client);
    if (invoice === 'cut off') return false;
    if (invoice?.kind !== 'invoice') return true;
    const body = { reason: 'Trial', lines: [{ number: 1, net: '0.10' }] };
    const done = await this.command(client, 'credit', () => ({ path: `/v1/invoices/${invoice.id}/credit-notes`, body }));
    await new Promise((resolve) => setTimeout(resolve, 30));
    return done !== undefined;
  }

  private async advance(client: ApiClient): Promise<boolean> {
    const to = this.now + dayMs / 4;
    const done = await this.command(client, 'advance', () => ({ path: '/v1/clock/advance', body: { to: new Date(to).toISOString() } }));
    if (!done) return false;
    if (done.id !== refused) this.now = Math.max(this.now, Date.parse(String(done['now'])));
    await new Promise((resolve) => setTimeout(resolve, 150));
    return true;
  }

  private async someInvoice(client: ApiClient): Promise<InvoiceHead | undefined | 'cut off'> {
    const page = await this.attempt(() => client.get<{ items: readonly InvoiceHead[] }>('/v1/invoices', { limit: 10 }));
    if (!page) return 'cut off';
    return page.items[this.random.whole(0, Math.max(0, page.items.length - 1))];
  }

  /** Sends the command of this name that was cut off, else a new one. Undefined when it was cut off (again). */
  private async command(client: ApiClient, name: string, make: (() => Omit<Command, 'key'>) | undefined): Promise<Answered['answer'] | undefined> {
    const command = this.open.get(name) ?? (make && { key: `${name}-${++this.made}`, ...make() });
    if (!command) return undefined;
    this.open.set(name, command);
    const answer = await this.attempt(() => client.post<Answered['answer']>(command.path, command.body, { idempotencyKey: command.key }));
    if (!answer) return undefined;
    this.open.delete(name);
    if (answer.id !== refused && name in this.answered) this.answered[name as keyof typeof this.answered].push({ command, answer });
    return answer;
  }

  /** Undefined when no process answered, or one that is not ready. A refusal is an answer; a fault of ours is thrown. */
  private async attempt<T extends object>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ApiProblem)) {
        this.cutOff++;
        return undefined;
      }
      if (error.status === 503) return undefined;
      if (error.status >= 500) throw error;
      const why = `${error.code}: ${error.detail}`;
      this.refusals.set(why, (this.refusals.get(why) ?? 0) + 1);
      return { id: refused } as unknown as T;
    }
  }
}

const refused = '(refused)';

export function identity({ source, id }: Pick<SentEvent, 'source' | 'id'>): string {
  return `${source} ${id}`;
}
