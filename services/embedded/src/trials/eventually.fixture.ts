import { type ApiClient, ApiProblem } from '@tollkeeper/api-client';

/** Asks until the answer is good. @throws Error with the last answer when it does not become so within `withinMs` */
export async function eventually<T>(ask: () => Promise<T>, good: (answer: T) => boolean, withinMs = 20_000): Promise<T> {
  const begun = performance.now();
  for (;;) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (performance.now() - begun > withinMs) throw new Error(`not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until everything of a receipt is booked, a duplicate, or in the quarantine. A receipt that was just given out is not readable at once. */
export async function settledReceipt<T extends { readonly status: string }>(client: ApiClient, id: string): Promise<T> {
  const ask = () =>
    client.get<T>(`/v1/receipts/${id}`).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 404) return undefined;
      throw error;
    });
  const receipt = await eventually(ask, (answer) => answer?.status === 'settled');
  if (!receipt) throw new Error(`receipt ${id} never appeared`);
  return receipt;
}
