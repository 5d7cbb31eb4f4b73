import { type Decimal, parseDecimal } from '@tollkeeper/money';

/** What a bill run was asked to do; entry 1 of its chain. */
export interface BillRunOrder {
  readonly billingEntityId: string;
  readonly currency: string;
  /** RFC 3339: periods that end at or before this are closed and invoiced. */
  readonly until: string;
  /** Empty for every customer of the entity. */
  readonly customerIds: readonly string[];
  readonly all: boolean;
  readonly issuedAt: string;
}

export interface BillRunFailure {
  readonly customerId: string;
  readonly detail: string;
}

/** The folded state of a bill run. Sums are decimal strings; lists are bounded by `keptFailures`. */
export interface BillRunState {
  readonly order: BillRunOrder;
  readonly status: 'running' | 'done';
  /** Customers are worked through by id; those up to this one are done. */
  readonly after: string;
  readonly customersDone: number;
  readonly invoices: number;
  readonly held: number;
  readonly net: string;
  readonly tax: string;
  readonly total: string;
  readonly failed: number;
  readonly failures: readonly BillRunFailure[];
}

/** How one customer came out of a bill run. */
export type CustomerOutcome =
  | { readonly kind: 'invoiced'; readonly net: string; readonly tax: string; readonly total: string; readonly held: number }
  | { readonly kind: 'nothing'; readonly held: number }
  | { readonly kind: 'failed'; readonly detail: string };

/** The state is copied into every entry of the run: more failures than this are counted, not listed. */
const keptFailures = 50;

export function startedRun(order: BillRunOrder): BillRunState {
  return {
    order,
    status: 'running',
    after: '',
    customersDone: 0,
    invoices: 0,
    held: 0,
    net: '0',
    tax: '0',
    total: '0',
    failed: 0,
    failures: [],
  };
}

export function withCustomer(state: BillRunState, customerId: string, outcome: CustomerOutcome): BillRunState {
  const next = { ...state, after: customerId, customersDone: state.customersDone + 1 };
  switch (outcome.kind) {
    case 'invoiced':
      return {
        ...next,
        invoices: state.invoices + 1,
        held: state.held + outcome.held,
        net: sum(state.net, outcome.net),
        tax: sum(state.tax, outcome.tax),
        total: sum(state.total, outcome.total),
      };
    case 'nothing':
      return { ...next, held: state.held + outcome.held };
    case 'failed':
      return {
        ...next,
        failed: state.failed + 1,
        failures: [...state.failures, { customerId, detail: outcome.detail }].slice(0, keptFailures),
      };
  }
}

function sum(a: string, b: string): string {
  const left: Decimal = parseDecimal(a);
  return left.plus(parseDecimal(b)).toString();
}
