/**
 * Texts that were read lately, found by their bytes: devices, meters and quantities come again and again, and one string for
 * all of them is quicker to look up and easier on memory than a new one each time. As many are kept as there are places.
 */
export class RecentTexts {
  private readonly texts: (string | undefined)[];

  /** @param places a power of two */
  constructor(private readonly places: number) {
    this.texts = new Array<string | undefined>(places).fill(undefined);
  }

  /** The ASCII text in `bytes` from `start` to `end`; `hash` is any number that equal texts have in common. */
  at(bytes: Buffer, start: number, end: number, hash: number): string {
    const place = (hash ^ (hash >>> 15)) & (this.places - 1);
    const known = this.texts[place];
    if (known !== undefined && known.length === end - start && stands(known, bytes, start)) return known;
    const text = bytes.toString('latin1', start, end);
    this.texts[place] = text;
    return text;
  }
}

/** Compared from the end, where texts differ most. */
function stands(text: string, bytes: Buffer, start: number): boolean {
  for (let i = text.length - 1; i >= 0; i--) if (bytes[start + i] !== text.charCodeAt(i)) return false;
  return true;
}
