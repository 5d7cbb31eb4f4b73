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
