import type { LevelFolder } from '@tollkeeper/data-folder';
import type { ViewDefinition, ViewDocument } from '@tollkeeper/ports';
import { documentKey, indexKeys } from './ordered-keys.js';

/** One change of a document. What is needed of the document is worked out once, when the change is made. */
export interface Change {
  readonly definition: ViewDefinition;
  readonly id: string;
  /** Undefined for the removal of the document. */
  readonly put: DocumentPut | undefined;
}

interface DocumentPut {
  readonly json: string;
  readonly version: number;
  readonly indexKeys: readonly Buffer[];
}

interface WaitingChanges {
  readonly changes: readonly Change[];
  resolve(): void;
  reject(reason: unknown): void;
}

type Operation = { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer } | { readonly type: 'del'; readonly key: Buffer };

/** A document as it is, and as it will be once the group is written. */
interface Standing {
  readonly definition: ViewDefinition;
  readonly id: string;
  readonly key: Buffer;
  readonly stored: ViewDocument | undefined;
  /** The newest version, stored or of this group; undefined when there is no document. */
  version: number | undefined;
  /** What the group does with the document; undefined for nothing. */
  last: Change | undefined;
}

const maxGroupChanges = 2000;

export function toDocument(json: string): ViewDocument {
  return JSON.parse(json) as ViewDocument;
}

/**
 * Writes changes in groups, one after the other, so that a document has one writer at a time; changes that come while a
 * group is written make up the next.
 */
export class WriteLane {
  private waiting: WaitingChanges[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly folder: LevelFolder,
    private readonly sync: boolean,
  ) {}

  write(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ changes, resolve, reject });
      this.running ??= Promise.resolve().then(() => this.run());
    });
  }

  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.folder.writable();
        await this.writeGroup(group.flatMap(({ changes }) => changes));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = undefined;
  }

  private takeGroup(): WaitingChanges[] {
    let changes = 0;
    let calls = 0;
    for (const one of this.waiting) {
      if (calls > 0 && changes + one.changes.length > maxGroupChanges) break;
      changes += one.changes.length;
      calls++;
    }
    return this.waiting.splice(0, calls);
  }

  private async writeGroup(changes: readonly Change[]): Promise<void> {
    const standing = await this.load(changes);
    for (const change of changes) {
      const one = standing.get(nameOf(change));
      if (!one || (change.put && one.version !== undefined && change.put.version < one.version)) continue;
      one.version = change.put?.version;
      one.last = change;
    }
    const operations: Operation[] = [];
    for (const one of standing.values()) addOperations(one, operations);
    if (operations.length === 0) return;
    try {
      await this.folder.level.batch(operations, { sync: this.sync });
    } catch (error) {
      throw this.folder.failed(error);
    }
  }

  private async load(changes: readonly Change[]): Promise<Map<string, Standing>> {
    const touched = new Map(changes.map((change) => [nameOf(change), change]));
    const keys = [...touched.values()].map(({ definition, id }) => documentKey(definition.name, id));
    const values = await this.folder.read((level) => level.getMany(keys));
    const standing = new Map<string, Standing>();
    let at = 0;
    for (const [name, { definition, id }] of touched) {
      const key = keys[at];
      const value = values[at++];
      if (!key) continue;
      const stored = value && toDocument(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8'));
      standing.set(name, { definition, id, key, stored, version: stored?.version, last: undefined });
    }
    return standing;
  }
}

function nameOf({ definition, id }: Change): string {
  return `${definition.name}\0${id}`;
}

/** What brings the store from the stored document to the new one. */
function addOperations({ definition, id, key, stored, last }: Standing, operations: Operation[]): void {
  if (!last || (!last.put && !stored)) return;
  const before = stored ? indexKeys(definition, stored) : [];
  const after = last.put?.indexKeys ?? [];
  for (const old of before) if (!after.some((other) => other.equals(old))) operations.push({ type: 'del', key: old });
  for (const fresh of after) {
    if (!before.some((other) => other.equals(fresh))) operations.push({ type: 'put', key: fresh, value: Buffer.from(id, 'utf8') });
  }
  if (last.put) operations.push({ type: 'put', key, value: Buffer.from(last.put.json, 'utf8') });
  else operations.push({ type: 'del', key });
}
