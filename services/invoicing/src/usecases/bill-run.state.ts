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

interface BillRunFailure {
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

/** How one customer came out of a bill run. Sums are decimal strings. */
export interface CustomerOutcome {
  readonly invoices: number;
  readonly net: string;
  readonly tax: string;
  readonly total: string;
  /** Accounts that keep what they hold. */
  readonly held: number;
  /** Why the customer, or what is left of it, could not be billed. */
  readonly failure?: string;
}

export const noOutcome: CustomerOutcome = { invoices: 0, net: '0', tax: '0', total: '0', held: 0 };

/** The state is copied into every entry of the run: more failures than this are counted, not listed. */
export const keptFailures = 50;

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
  const { failure } = outcome;
  return {
    ...state,
    ...plusOutcome(state, outcome),
    after: customerId,
    customersDone: state.customersDone + 1,
    failed: state.failed + (failure === undefined ? 0 : 1),
    failures: failure === undefined ? state.failures : [...state.failures, { customerId, detail: failure }].slice(0, keptFailures),
  };
}

/** Both together, without their failures. */
export function plusOutcome(a: CustomerOutcome, b: CustomerOutcome): CustomerOutcome {
  return {
    invoices: a.invoices + b.invoices,
    net: sum(a.net, b.net),
    tax: sum(a.tax, b.tax),
    total: sum(a.total, b.total),
    held: a.held + b.held,
  };
}

function sum(a: string, b: string): string {
  const left: Decimal = parseDecimal(a);
  return left.plus(parseDecimal(b)).toString();
}
