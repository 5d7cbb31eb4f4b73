/** Why a record cannot become an event: the words of a quarantine item. */
export interface Fault {
  readonly reason: 'invalid_event' | 'no_mapping';
  /** One sentence for a person: what was wrong, and how to mend it. */
  readonly detail: string;
  /** JSON path or column. */
  readonly param: string;
}

export function invalid(param: string, detail: string): Fault {
  return { reason: 'invalid_event', detail, param };
}

/** A value from outside, short enough for a sentence. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : value === undefined
        ? 'nothing'
        : Array.isArray(value)
          ? 'an array'
          : typeof value === 'object' && value !== null
            ? 'an object'
            : String(value);
  return text.length > 48 ? `${text.slice(0, 48)}…` : text;
}
