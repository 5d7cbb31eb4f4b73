import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import { notFound } from '../shell/chains.js';
import { instant, refuse } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import type { ClockState, TenantState } from '../tenants/tenant.js';
import { clockSteps, longestAdvanceMs, mostDaysPerAdvance } from './clock-steps.js';
import { type DoneCounts, runDue } from './run-due.js';

const chainsPage = 500;

type Sandbox = TenantState & { readonly clock: ClockState };

/** The test clocks of sandboxes: where they stand, and their way forward, a day at a time. */
export class TestClocks {
  /** One advance per tenant at a time; the chain keeps it right if two processes try. */
  private readonly advancing = new Map<string, Promise<unknown>>();
  private stopped = false;

  constructor(private readonly context: TenantContext) {}

  async get(tenantId: string): Promise<tenantV1.TestClock> {
    const { clock } = await this.sandbox(tenantId);
    return toTestClock(tenantId, clock.now);
  }

  async list(): Promise<tenantV1.TestClockList> {
    const items: tenantV1.TestClock[] = [];
    for await (const { id, clock } of sandboxes(this.context.ports)) items.push(toTestClock(id, clock.now));
    return create(tenantV1.TestClockListSchema, { items });
  }

  /** Answers when everything that became due on the way is done. Sent again after a failure, it goes on where it stopped. */
  advance(request: tenantV1.AdvanceClockRequest): Promise<tenantV1.TestClock> {
    const before = this.advancing.get(request.tenantId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.advanceNow(request));
    this.advancing.set(request.tenantId, turn);
    const leave = () => {
      if (this.advancing.get(request.tenantId) === turn) this.advancing.delete(request.tenantId);
    };
    turn.then(leave, leave);
    return turn;
  }

  /** Goes on with advances that a crash cut off. */
  async resume(onFailed: (tenantId: string, error: unknown) => void): Promise<void> {
    for await (const { id, clock } of sandboxes(this.context.ports)) {
      if (!clock.target) continue;
      const { to, cause } = clock.target;
      await this.advance(create(tenantV1.AdvanceClockRequestSchema, { tenantId: id, cause, to: toRfc3339(to) })).catch(
        (error: unknown) => onFailed(id, error),
      );
    }
  }

  /** Advances stop before their next day; the next start resumes them. */
  stop(): void {
    this.stopped = true;
  }

  private async advanceNow({ tenantId, cause, to }: tenantV1.AdvanceClockRequest): Promise<tenantV1.TestClock> {
    const { clock } = await this.sandbox(tenantId);
    const chain = `tenant/${tenantId}`;
    const arrived = await this.context.ports.chains.findCause(chain, arrivalCause(cause));
    if (arrived) return toTestClock(tenantId, fromCanonicalBytes<Sandbox>(arrived.state).clock.now);

    const goal = instant(to, 'to');
    const unfinished = clock.target?.cause === cause ? clock.target : undefined;
    if (unfinished && unfinished.to !== goal)
      refuse('to', `This advance was begun to ${toRfc3339(unfinished.to)}; send it again with that time.`);
    if (!unfinished) refuseWrongWay(clock.now, goal);
    const done: DoneCounts = {};
    // What a crash or a failure left undone at the present moment comes before the next day.
    if (clock.target) await runDue(this.context.ports.client, tenantId, clock.now, done);
    for (const step of clockSteps(clock.now, goal)) {
      if (this.stopped)
        throw new Problem('unavailable', 'The platform is stopping; the clock goes on when it is up again.', { retryAfterS: 5 });
      await this.set(tenantId, `clock/${toRfc3339(step)}`, 'clock_advanced', { now: step, target: { to: goal, cause } });
      await runDue(this.context.ports.client, tenantId, step, done);
    }
    await this.set(tenantId, arrivalCause(cause), 'clock_arrived', { now: goal });
    return toTestClock(tenantId, goal, done);
  }

  private async set(tenantId: string, cause: string, kind: string, reached: Omit<ClockState, 'start'>): Promise<void> {
    await this.context.writer.execute<Sandbox>({
      chain: `tenant/${tenantId}`,
      cause,
      now: reached.now,
      decide: (tenant) => {
        if (!tenant) throw notFound('tenant', tenantId);
        if (reached.now < tenant.clock.now)
          throw new Problem('conflict', `The clock was advanced by another request; it is at ${toRfc3339(tenant.clock.now)}.`);
        return { kind, body: { now: reached.now }, state: { ...tenant, clock: { start: tenant.clock.start, ...reached } } };
      },
    });
  }

  private async sandbox(tenantId: string): Promise<Sandbox> {
    const tenant = await this.context.writer.state<TenantState>(`tenant/${tenantId}`);
    if (!tenant) throw notFound('tenant', tenantId);
    if (!isSandbox(tenant))
      throw new Problem('conflict', 'A live tenant has no test clock: its time is real. Create a sandbox to try time out.');
    return tenant;
  }
}

/** The last entry of an advance has the request's own cause, so that the same request gets the same answer for ever. */
function arrivalCause(cause: string): string {
  return `arrived/${cause}`;
}

function refuseWrongWay(now: Instant, goal: Instant): void {
  if (goal <= now) refuse('to', `The clock is at ${toRfc3339(now)} and only goes forward; name a later time.`);
  if (goal - now > longestAdvanceMs) {
    refuse(
      'to',
      `One call advances at most ${mostDaysPerAdvance} days, here to ${toRfc3339(now + longestAdvanceMs)}; go there first.`,
    );
  }
}

function isSandbox(tenant: TenantState): tenant is Sandbox {
  return tenant.clock !== undefined;
}

function toTestClock(tenantId: string, now: Instant, done: DoneCounts = {}): tenantV1.TestClock {
  return create(tenantV1.TestClockSchema, { tenantId, now: toRfc3339(now), done });
}

async function* sandboxes({ chains }: Pick<ServicePorts, 'chains'>): AsyncGenerator<Sandbox> {
  let after = '';
  for (;;) {
    const names = await chains.chains('tenant/', after, chainsPage);
    for (const head of await chains.heads(names)) {
      const tenant = head && fromCanonicalBytes<TenantState>(head.state);
      if (tenant && isSandbox(tenant)) yield tenant;
    }
    const last = names.at(-1);
    if (last === undefined || names.length < chainsPage) return;
    after = last;
  }
}

/** Sets every sandbox's present moment, before anything reads it. */
export async function loadTestClocks(ports: Pick<ServicePorts, 'chains' | 'clocks'>): Promise<void> {
  for await (const { id, clock } of sandboxes(ports)) ports.clocks.advance(id, clock.now);
}
