import { type ApiClient, RawBody, type Wire } from '@tollkeeper/api-client';
import type { ingestionV1 } from '@tollkeeper/contracts';
import type { JsonValueText } from '../input/json-values.js';
import { InputFault } from '../outcome.js';
import { plural } from '../terminal/wording.js';

type Receipt = Wire<ingestionV1.Receipt>;

export interface SentUsage {
  readonly events: number;
  readonly receipts: readonly Receipt[];
  /** Events that were set aside at once, with their line in the file. */
  readonly aside: readonly { readonly line: number; readonly result: Receipt['results'][number] }[];
}

const batchEvents = 1000;
/** Characters of a batch; the platform takes more. */
const batchLength = 4 * 1024 * 1024;

/**
 * Sends values in batches, each as it was written, so that no digit is lost. A single value goes alone, because a mapping
 * may find its records inside.
 * @throws InputFault of the values; it says how many events were sent before
 */
export async function sendUsage(client: ApiClient, values: AsyncIterable<JsonValueText>, mapping: string | undefined): Promise<SentUsage> {
  const receipts: Receipt[] = [];
  const aside: SentUsage['aside'][number][] = [];
  let events = 0;
  const sendBatch = async (batch: readonly JsonValueText[]): Promise<void> => {
    const receipt = await client.post<Receipt>('/v1/usage', bodyOf(batch, mapping !== undefined), { query: { mapping } });
    receipts.push(receipt);
    events += batch.length;
    for (const result of receipt.results) aside.push({ line: batch[result.index]?.line ?? 0, result });
  };
  try {
    for await (const batch of inBatches(values)) await sendBatch(batch);
  } catch (error) {
    throw events > 0 && error instanceof InputFault ? withCount(error, events) : error;
  }
  return { events, receipts, aside };
}

function bodyOf(batch: readonly JsonValueText[], foreign: boolean): RawBody {
  const [first] = batch;
  const alone = batch.length === 1 && first?.inArray === false;
  const text = alone ? first.text : `[${batch.map(({ text: one }) => one).join(',')}]`;
  if (foreign) return new RawBody('application/json', text);
  return new RawBody(alone ? 'application/cloudevents+json' : 'application/cloudevents-batch+json', text);
}

async function* inBatches(values: AsyncIterable<JsonValueText>): AsyncGenerator<readonly JsonValueText[]> {
  let batch: JsonValueText[] = [];
  let length = 0;
  for await (const value of values) {
    batch.push(value);
    length += value.text.length;
    if (batch.length < batchEvents && length < batchLength) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

function withCount({ file, what, place }: InputFault, events: number): InputFault {
  return new InputFault(
    file,
    what,
    place,
    `${plural(events, 'event was', 'events were')} sent before it. Mend the file and send it again as a whole: what is booked already counts as duplicate.`,
  );
}
