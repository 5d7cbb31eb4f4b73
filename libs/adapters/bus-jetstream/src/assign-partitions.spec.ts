import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { assignPartitions } from './assign-partitions.js';

const sixteen = Array.from({ length: 16 }, (_, partition) => partition);

function members(...names: readonly string[]): { readonly member: string; readonly wants: ReadonlySet<number> }[] {
  return names.map((member) => ({ member, wants: new Set(sixteen) }));
}

function sizes(owners: ReadonlyMap<number, string>): number[] {
  const counts = new Map<string, number>();
  for (const owner of owners.values()) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => a - b);
}

describe('the shares of a group', () => {
  it('come out alike for every member, in whatever order it heard of the others', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(['a', 'b', 'c', 'd', 'e'], { minLength: 5 }), (order) => {
        expect(assignPartitions(sixteen, members(...order))).toEqual(assignPartitions(sixteen, members('a', 'b', 'c', 'd', 'e')));
      }),
    );
  });

  it('are even', () => {
    expect(sizes(assignPartitions(sixteen, members('a', 'b')))).toEqual([8, 8]);
    expect(sizes(assignPartitions(sixteen, members('a', 'b', 'c', 'd')))).toEqual([4, 4, 4, 4]);
    for (const size of sizes(assignPartitions(sixteen, members('a', 'b', 'c')))) expect(size).toBeLessThanOrEqual(6);
  });

  it('move little when a member comes', () => {
    const before = assignPartitions(sixteen, members('a', 'b', 'c'));
    const after = assignPartitions(sixteen, members('a', 'b', 'c', 'd'));
    expect(sixteen.filter((partition) => before.get(partition) !== after.get(partition)).length).toBeLessThanOrEqual(8);
  });

  it('give a partition only to those who want it, and every wanted one to somebody', () => {
    const few = { member: 'few', wants: new Set([0, 1]) };
    const owners = assignPartitions(sixteen, [few, ...members('all')]);
    for (const [partition, owner] of owners) expect(owner === 'all' || few.wants.has(partition)).toBe(true);
    expect(owners.size).toBe(16);
    expect(assignPartitions(sixteen, [few]).size).toBe(2);
  });

  it('stay the same from version to version: replicas of two versions share a group', () => {
    expect([...assignPartitions([0, 1, 2, 3, 4, 5], members('old', 'new')).values()]).toEqual(['new', 'old', 'new', 'old', 'old', 'new']);
  });
});
