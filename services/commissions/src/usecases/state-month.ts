import type { ChainWriter } from '@tollkeeper/chain-kit';
import { dueStatement, emptyPartnerAccount, type PartnerAccountState, stateMonth, type StatementSums } from '@tollkeeper/commissions';
import { derivedId, type Entry, fromCanonicalBytes, type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { publishFacts } from '@tollkeeper/nest-kit';
import type { Bus, ChainStore } from '@tollkeeper/ports';
import { partnerChain, tenantOfChain } from '../store/chains.js';
import { toStatementMessage } from '../store/statement.mapping.js';
import type { CommissionsViews } from '../store/views.js';
import { linesBetween } from './read-lines.js';

/** Body of a `month_stated` entry. */
interface StatedBody {
  readonly id: string;
  readonly sums: StatementSums;
  readonly from: number;
  readonly to: number;
}

export interface StatementPorts {
  readonly writer: ChainWriter;
  readonly views: CommissionsViews;
  readonly chains: ChainStore;
  readonly bus: Bus;
}

const accountsPage = 100;

/** States the months that have ended, and keeps the views of partners' accounts. */
export class PartnerStatements {
  constructor(private readonly ports: StatementPorts) {
    ports.writer.follow('partner/', (entry) => this.project(entry));
  }

  /** Every month before the present one (in UTC) that has movements gets its statement. Returns how many were made. */
  async runDue(tenantId: string, now: Instant): Promise<number> {
    const currentMonth = toRfc3339(now).slice(0, 7);
    let made = 0;
    let cursor: string | undefined;
    do {
      const page = await this.ports.views.accounts.list({
        index: 'byDueMonth',
        equals: [tenantId],
        to: currentMonth,
        cursor,
        limit: accountsPage,
      });
      for (const account of page.items) made += await this.stateMonths(tenantId, account.partner, account.currency, currentMonth, now);
      cursor = page.next;
    } while (cursor !== undefined);
    return made;
  }

  private async stateMonths(tenantId: string, partnerId: string, currency: string, currentMonth: string, now: Instant): Promise<number> {
    const chain = partnerChain(tenantId, partnerId, currency);
    for (let made = 0; ; made++) {
      const month = dueStatement((await this.ports.writer.state<PartnerAccountState>(chain)) ?? emptyPartnerAccount, currentMonth);
      if (month === undefined) return made;
      await this.ports.writer.execute<PartnerAccountState>({
        chain,
        cause: `statement:${month}`,
        now,
        decide: (before, head) => {
          const state = before ?? emptyPartnerAccount;
          const to = head?.n ?? 0;
          const stated = stateMonth(state, month, currency);
          const id = derivedId('statement', tenantId, `${chain}:${month}`);
          const body: StatedBody = { id, sums: stated.sums, from: state.unstated[month]?.from ?? to + 1, to };
          return { kind: 'month_stated', body, state: stated.state };
        },
      });
    }
  }

  private async project(entry: Entry): Promise<void> {
    const tenant = tenantOfChain(entry.chain);
    const [, , partner = '', currency = ''] = entry.chain.split('/');
    const state = fromCanonicalBytes<PartnerAccountState>(entry.state);
    const dueMonth = Object.keys(state.unstated).sort()[0];
    const hash = Buffer.from(entry.hash).toString('hex');
    await this.ports.views.accounts.put([{ id: entry.chain, version: entry.n, tenant, partner, currency, state, hash, dueMonth }]);
    if (entry.kind !== 'month_stated') return;
    const body = fromCanonicalBytes<StatedBody>(entry.body);
    const document = {
      id: body.id,
      version: entry.n,
      tenant,
      partner,
      currency,
      sums: body.sums,
      from: body.from,
      to: body.to,
      issuedAt: toRfc3339(entry.bookedAt),
      chain: entry.chain,
    };
    await this.ports.views.statements.put([document]);
    const lines = await linesBetween(this.ports.chains, entry.chain, body.from, body.to, body.sums.month);
    await publishFacts(this.ports.bus, tenant, entry, [{ case: 'statementIssued', value: toStatementMessage(document, lines) }]);
  }
}
