import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ActorCall, ActorHost, ActorReply } from '@tollkeeper/ports';
import { textContract } from './text-actors.fixture.js';

/** Input: the cause. Output: who did it, and which entry it is. */
export const append = textContract('append');

/** An account with nothing but the rule of chains: entry n is made once, by whoever comes first, and a cause has one entry. */
class CountingAccount {
  private entries: string[] | undefined;

  constructor(private readonly folder: string) {}

  async append(cause: string): Promise<number> {
    for (;;) {
      this.entries ??= await this.read();
      const known = this.entries.indexOf(cause);
      if (known >= 0) return known;
      const n = this.entries.length;
      const written = await writeFile(join(this.folder, String(n)), cause, { flag: 'wx' }).then(() => true, () => false);
      // Somebody else made this entry: what is remembered here is old.
      this.entries = written ? [...this.entries, cause] : undefined;
    }
  }

  async read(): Promise<string[]> {
    await mkdir(this.folder, { recursive: true });
    const names = (await readdir(this.folder)).map(Number).sort((a, b) => a - b);
    const causes = await Promise.all(names.map((n) => readFile(join(this.folder, String(n)), 'utf8')));
    // A file that was just made has no content yet.
    return causes.includes('') ? this.read() : causes;
  }
}

/** Lets the host have accounts whose chains are files in the folder, which replicas share. */
export function hostCounting(host: ActorHost, name: string, folder: string): void {
  const active = new Map<string, CountingAccount>();
  host.register(append, (calls: readonly ActorCall<string>[]) =>
    Promise.all(
      calls.map(async ({ id, input }): Promise<ActorReply<string>> => {
        const account = active.get(id) ?? new CountingAccount(join(folder, id));
        active.set(id, account);
        return { status: 'done', output: `${name} ${await account.append(input)}` };
      }),
    ),
  );
  host.onDeactivate(append.actorType, (id) => active.delete(id));
}

/** The causes of an account's entries, in their order. */
export function causesOf(folder: string, id: string): Promise<string[]> {
  return new CountingAccount(join(folder, id)).read();
}
