import { fillerOver, magic, readHeader, type FrameHeader } from './frame.js';

/** Bytes of the log that were acknowledged once and cannot be read any more. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged';
}

export interface SegmentFindings {
  readonly frames: readonly FrameHeader[];
  /** Bytes of the segment that are good; what follows is a torn tail, unless the log is known to have gone on. */
  readonly goodBytes: number;
  /** Unreadable stretches with frames behind them that prove that they were once acknowledged. */
  readonly damage: readonly { readonly at: number; readonly filler: Buffer }[];
}

/** The next whole frame behind `at`, looked for byte by byte. */
function nextFrame(bytes: Buffer, at: number, base: number): FrameHeader | undefined {
  for (let found = bytes.indexOf(magic, at + 1); found >= 0; found = bytes.indexOf(magic, found + 1)) {
    const header = readHeader(bytes, found, base + found);
    if (header) return header;
  }
  return undefined;
}

/**
 * Reads a segment that begins at log position `base`. A write that the crash cut off leaves a torn tail: bytes behind the
 * last good frame that no later frame calls durable. Unreadable bytes that were durable are damage.
 * @param durable the log is known to have been on the disk up to here
 */
export function examineSegment(bytes: Buffer, base: number, durable: number): SegmentFindings {
  const frames: FrameHeader[] = [];
  const damage: { at: number; filler: Buffer }[] = [];
  let at = 0;
  while (at < bytes.length) {
    const header = readHeader(bytes, at, base + at);
    if (header) {
      frames.push(header);
      at += header.length;
      continue;
    }
    const behind = nextFrame(bytes, at, base);
    if (behind && (behind.durable > base + at || durable > base + at)) {
      const end = behind.position - base;
      damage.push({ at, filler: fillerOver(bytes.subarray(at, end), base + at) });
      at = end;
      continue;
    }
    break;
  }
  return { frames, goodBytes: at, damage };
}
