import { type ApiClient, RawBody } from '@tollkeeper/api-client';
import type { SampleMonth } from './usage.js';

/** How usage came out, summed over receipts. */
export interface Intake {
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly unsettled: number;
}

interface FileImport {
  readonly id: string;
  readonly status: 'receiving' | 'importing' | 'done' | 'failed';
  readonly error?: string;
}

interface IntakeDays {
  readonly items: readonly Intake[];
}

const batch = 1000;
const pollMs = 100;
/** Long enough for a slow disk; a platform that settles nothing for so long is broken. */
const longestWaitMs = 180_000;

/** Sends a month of usage: files as their sources drop them, CloudEvents in batches. */
export async function sendMonth(client: ApiClient, month: SampleMonth, advance: (by: number) => void): Promise<void> {
  for (const file of month.files) {
    const { id } = await client.post<FileImport>('/v1/files', new RawBody('application/octet-stream', file.content), {
      query: { name: file.name, mapping: file.mapping },
    });
    const done = await until(() => client.get<FileImport>(`/v1/files/${id}`), ({ status }) => status === 'done' || status === 'failed');
    if (done.status === 'failed') throw new Error(`the sample file ${file.name} was not imported: ${done.error ?? 'no reason given'}`);
    advance(file.records);
  }
  for (let at = 0; at < month.events.length; at += batch) {
    const events = month.events.slice(at, at + batch);
    await client.post('/v1/usage', new RawBody('application/cloudevents-batch+json', JSON.stringify(events)));
    advance(events.length);
  }
}

/** Resolves when everything that was received is booked, counted as a duplicate, or in the quarantine. */
export async function settled(client: ApiClient, from: string, to: string): Promise<Intake> {
  const sums = async () => sumUp((await client.get<IntakeDays>('/v1/usage/days', { from, to })).items);
  return until(sums, ({ received, unsettled }) => received > 0 && unsettled === 0);
}

function sumUp(days: readonly Intake[]): Intake {
  const sum = (pick: (day: Intake) => number) => days.reduce((total, day) => total + pick(day), 0);
  return {
    received: sum((day) => day.received),
    booked: sum((day) => day.booked),
    duplicate: sum((day) => day.duplicate),
    quarantined: sum((day) => day.quarantined),
    unsettled: sum((day) => day.unsettled),
  };
}

/** Asks until the answer is `good`. @throws Error when it does not become so. */
export async function until<T>(ask: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += pollMs) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (waitedMs > longestWaitMs) throw new Error(`waited ${longestWaitMs / 1000} s for nothing; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
}
