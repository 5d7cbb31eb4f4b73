/** Which of the shards an account belongs to. Wire identity: replicas of all versions must agree, so this never changes. */
export function shardOf(id: string, shards: number): number {
  // FNV-1a, then the last steps of MurmurHash3, without which ids that differ in their end alone would crowd.
  let hash = 0x811c9dc5;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % shards;
}

/** Dapr's actor id of a shard. It names their number, so that replicas with different numbers never mean different accounts by one id. */
export function shardName(shard: number, shards: number): string {
  return `${shard}-of-${shards}`;
}

/** How many shards there are for whoever wrote this name; undefined for what is no name of a shard. */
export function shardsIn(name: string): number | undefined {
  const [, shard, shards] = /^(\d{1,6})-of-(\d{1,6})$/.exec(name) ?? [];
  return shards !== undefined && Number(shard) < Number(shards) ? Number(shards) : undefined;
}
