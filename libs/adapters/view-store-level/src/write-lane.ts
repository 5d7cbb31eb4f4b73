import type { LevelFolder } from '@tollkeeper/data-folder';
import type { ViewDefinition, ViewDocument } from '@tollkeeper/ports';
import { documentKey, indexKeys } from './ordered-keys.js';

/** One change of a document; without `json` its removal. */
export interface Change {
  readonly definition: ViewDefinition;
  readonly id: string;
  readonly json: string | undefined;
}

interface WaitingChanges {
  readonly changes: readonly Change[];
  resolve(): void;
  reject(reason: unknown): void;
}

type Operation = { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer } | { readonly type: 'del'; readonly key: Buffer };

/** A document as it is, or will be once the group is written. */
interface Standing {
  readonly stored: ViewDocument | undefined;
  readonly definition: ViewDefinition;
  document: ViewDocument | undefined;
  json: string | undefined;
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
    for (const { definition, id, json } of changes) {
      const one = standing.get(keyOf(definition, id));
      if (!one) continue;
      const document = json === undefined ? undefined : toDocument(json);
      if (document && one.document && document.version < one.document.version) continue;
      one.document = document;
      one.json = json;
    }
    const operations = [...standing.values()].flatMap(operationsFor);
    if (operations.length === 0) return;
    try {
      await this.folder.level.batch(operations, { sync: this.sync });
    } catch (error) {
      throw this.folder.failed(error);
    }
  }

  private async load(changes: readonly Change[]): Promise<Map<string, Standing>> {
    const touched = new Map(changes.map((change) => [keyOf(change.definition, change.id), change]));
    const keys = [...touched.values()].map(({ definition, id }) => documentKey(definition.name, id));
    const values = await this.folder.read((level) => level.getMany(keys));
    let at = 0;
    const standing = new Map<string, Standing>();
    for (const [key, { definition }] of touched) {
      const value = values[at++];
      const json = value && Buffer.from(value).toString('utf8');
      const stored = json === undefined ? undefined : toDocument(json);
      standing.set(key, { definition, stored, document: stored, json });
    }
    return standing;
  }
}

function keyOf(definition: ViewDefinition, id: string): string {
  return `${definition.name}\0${id}`;
}

/** What brings the store from the stored document to the new one. */
function operationsFor({ definition, stored, document, json }: Standing): Operation[] {
  if (document === stored) return [];
  const before = stored ? indexKeys(definition, stored) : [];
  const after = document ? indexKeys(definition, document) : [];
  const operations: Operation[] = [];
  for (const key of before) if (!after.some((other) => other.equals(key))) operations.push({ type: 'del', key });
  for (const key of after) {
    if (!before.some((other) => other.equals(key))) operations.push({ type: 'put', key, value: Buffer.from(document?.id ?? '', 'utf8') });
  }
  if (document && json !== undefined) operations.push({ type: 'put', key: documentKey(definition.name, document.id), value: Buffer.from(json, 'utf8') });
  else if (stored) operations.push({ type: 'del', key: documentKey(definition.name, stored.id) });
  return operations;
}
