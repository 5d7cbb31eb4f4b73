import { type DescMessage, fromBinary, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { decodeUsageBatch, encodeUsageBatch, factsV1, type UsageBatchValue, usageV1 } from '@tollkeeper/contracts';
import type { Topic } from '@tollkeeper/ports';

/** A topic whose values are messages of one proto type. */
export function protoTopic<D extends DescMessage>(name: string, partitions: number, schema: D): Topic<MessageShape<D>> {
  return {
    name,
    partitions,
    encode: (value) => toBinary(schema, value),
    decode: (bytes) => fromBinary(schema, bytes),
  };
}

/** What happened, for every service and for webhooks; partitioned by tenant. */
export const factsTopic = protoTopic('facts', 4, factsV1.FactSchema);

/** How the parts of receipts ended, from rating (and the edge) to ingestion; partitioned by tenant. */
export const intakeTopic = protoTopic('intake', 4, usageV1.IntakeOutcomeSchema);

/**
 * Accepted usage on its way to be booked; partitioned by `partitionOf(tenant + '/' + device)`, so that one device's events
 * keep to one consumer. The composition decides the number of partitions; publisher and consumer must agree on it.
 */
export function usageTopic(partitions: number): Topic<UsageBatchValue> {
  return { name: 'usage', partitions, encode: encodeUsageBatch, decode: decodeUsageBatch };
}

/** The partition of a key: FNV-1a over its UTF-16 code units, so that every process finds the same one. */
export function partitionOf(key: string, partitions: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % partitions;
}
