/** A consumer of a group and the partitions that it wants. */
export interface Candidate {
  readonly member: string;
  readonly wants: ReadonlySet<number>;
}

/**
 * Which member has which partition. Every member computes this for itself, so it must come out alike in all of them: changing
 * it is a change of the wire. Shares are even, and few partitions move when a member comes or goes.
 */
export function assignPartitions(partitions: readonly number[], members: readonly Candidate[]): ReadonlyMap<number, string> {
  const owners = new Map<number, string>();
  const loads = new Map<string, number>();
  for (const partition of [...partitions].sort((a, b) => a - b)) {
    const ranked = members
      .filter(({ wants }) => wants.has(partition))
      .map(({ member }) => ({ member, rank: rankOf(member, partition), load: loads.get(member) ?? 0 }))
      .sort((a, b) => b.rank - a.rank || (a.member < b.member ? -1 : 1));
    const fairShare = Math.ceil(partitions.length / Math.max(1, ranked.length));
    const least = Math.min(...ranked.map(({ load }) => load));
    const owner = ranked.find(({ load }) => load < fairShare) ?? ranked.find(({ load }) => load === least);
    if (!owner) continue;
    owners.set(partition, owner.member);
    loads.set(owner.member, owner.load + 1);
  }
  return owners;
}

/** FNV-1a with a final mix (murmur3's), so that members whose names differ in one letter rank independently. */
function rankOf(member: string, partition: number): number {
  let hash = 0x811c9dc5;
  for (const unit of `${member}/${partition}`) hash = Math.imul(hash ^ (unit.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
