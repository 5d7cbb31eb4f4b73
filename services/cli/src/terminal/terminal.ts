/** Where text goes; resolves when more may be written, so that a slow reader holds the command up and not the memory. */
export interface Writer {
  write(content: string | Uint8Array): Promise<void>;
  /** A person looks at it. */
  readonly isTerminal: boolean;
  /** Characters per line, where a person looks at it. */
  readonly columns: number | undefined;
}

/** All that a command knows of the machine it runs on. */
export interface Terminal {
  readonly out: Writer;
  /** For errors, notes and progress. */
  readonly err: Writer;
  /** Standard input. */
  readonly input: AsyncIterable<Uint8Array>;
  /** Where bars are drawn; undefined when nobody would see them. */
  readonly bars: NodeJS.WriteStream | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Files are named relative to it. */
  readonly folder: string;
  readonly timers: { after(delayMs: number, work: () => void): () => void };
  /** Aborted by Ctrl-C. */
  readonly interrupted: AbortSignal;
}

/** Resolves after a while. */
export function pause({ timers }: Terminal, delayMs: number): Promise<void> {
  return new Promise((resolve) => void timers.after(delayMs, resolve));
}
