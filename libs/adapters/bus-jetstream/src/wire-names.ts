/** What may stand in the name of a stream or consumer and in one token of a subject. */
const nameShape = /^[A-Za-z0-9_-]{1,100}$/;
const consumerShape = /^(.+)-(\d+)$/;

/**
 * The names of streams, consumers and subjects. They are wire identity: replicas of every version share them, and a changed
 * name is a new, empty log.
 */
export class WireNames {
  constructor(private readonly prefix: string) {
    if (!nameShape.test(prefix)) throw new RangeError(`${JSON.stringify(prefix)} cannot prefix the names of streams; use letters, digits, _ and -`);
  }

  stream(topic: string): string {
    return `${this.prefix}-${named('topic', topic)}`;
  }

  subject(topic: string, partition: number | '*'): string {
    return `${this.prefix}.log.${named('topic', topic)}.${partition}`;
  }

  /** Where the consumers of a group tell each other which partitions they have; not stored. */
  members(topic: string, group: string): string {
    return `${this.prefix}.members.${named('topic', topic)}.${named('group', group)}`;
  }

  consumer(group: string, partition: number): string {
    return `${named('group', group)}-${partition}`;
  }
}

/** The last token of a subject of a topic. */
export function partitionOfSubject(subject: string): number {
  return Number(subject.slice(subject.lastIndexOf('.') + 1));
}

/** Undefined for a consumer that somebody else made on the stream, such as an operator who looks into it. */
export function ofConsumer(name: string): { readonly group: string; readonly partition: number } | undefined {
  const [, group, partition] = consumerShape.exec(name) ?? [];
  return group === undefined ? undefined : { group, partition: Number(partition) };
}

function named(what: string, name: string): string {
  if (!nameShape.test(name)) throw new RangeError(`${JSON.stringify(name)} cannot name a ${what} on JetStream; use letters, digits, _ and -`);
  return name;
}
