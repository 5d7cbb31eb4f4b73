import { syncFolder } from '@tollkeeper/data-folder';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { readHeader, statedLength, type FrameHeader } from './frame.js';
import { examineSegment, LogDamaged } from './segment-recovery.js';

/** One file of the log; its name is the position of its first byte. */
interface Segment {
  readonly base: number;
  readonly file: FileHandle;
  readonly path: string;
  end: number;
  /** Reads under way: the file is closed only when they are done. */
  readers: number;
  dropped: boolean;
}

export interface FrameAt {
  readonly header: FrameHeader;
  readonly bytes: Buffer;
  readonly start: number;
}

export interface SegmentLogOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  /** The log is known to have reached at least to here. */
  readonly knownEnd: number;
  /** Goes on without the messages in damaged bytes instead of refusing to open. */
  readonly acceptDamage: boolean;
  readonly onDamage: (damage: LogDamaged) => void;
}

const segmentName = /^(\d{16})\.log$/;

function segmentPath(folder: string, base: number): string {
  return join(folder, `${String(base).padStart(16, '0')}.log`);
}

/** Frames in files of about the same size: written at the end, read anywhere, given up from the start. */
export class SegmentLog {
  private readonly segments: Segment[] = [];
  /** The log is on the disk up to here; nothing behind it is read or handed out. */
  end = 0;
  /** A write to the newest file failed: the next one goes to another. */
  private suspect = false;

  private constructor(private readonly options: SegmentLogOptions) {}

  /** @throws LogDamaged; `onFrame` is told of every frame in the log. */
  static async open(options: SegmentLogOptions, onFrame: (header: FrameHeader, segmentBase: number) => void): Promise<SegmentLog> {
    const log = new SegmentLog(options);
    const names = (await readdir(options.folder)).filter((name) => segmentName.test(name));
    const bases = names.map((name) => Number(name.slice(0, -4))).sort((a, b) => a - b);
    for (const [i, base] of bases.entries()) await log.recover(base, bases[i + 1], onFrame);
    if (log.end < options.knownEnd) {
      log.damaged(`${options.folder}: the log ends at ${log.end} but had been written up to ${options.knownEnd}`);
      log.end = options.knownEnd;
      await log.roll();
    } else if (log.segments.length === 0) {
      await log.roll();
    }
    return log;
  }

  /** Position of the first byte kept. */
  get start(): number {
    return this.segments[0]?.base ?? this.end;
  }

  /** Writes whole frames behind each other and syncs them. When it rejects, none of them is in the log. */
  async write(frames: readonly Buffer[]): Promise<void> {
    let last = this.segments.at(-1);
    if (!last || last.end - last.base >= (this.suspect ? 1 : this.options.segmentBytes)) last = await this.roll();
    const bytes = frames.reduce((sum, frame) => sum + frame.length, 0);
    const offset = last.end - last.base;
    try {
      const { bytesWritten } = await last.file.writev([...frames], offset);
      if (bytesWritten < bytes) await this.writeRest(last.file, Buffer.concat(frames).subarray(bytesWritten), offset + bytesWritten);
      await last.file.datasync();
    } catch (error) {
      // What was written must not be found by the next start. Where even cutting fails, the next file says where this ends.
      await last.file.truncate(offset).catch(() => undefined);
      this.suspect = true;
      throw error;
    }
    this.suspect = false;
    last.end += bytes;
    this.end = last.end;
  }

  /** Whole frames from `position` on, about `maxBytes` of them, and where to go on. */
  async read(position: number, maxBytes: number): Promise<{ readonly frames: readonly FrameAt[]; readonly next: number }> {
    const at = Math.max(position, this.start);
    const index = this.segments.findLastIndex((segment) => segment.base <= at);
    const segment = this.segments[index];
    if (!segment || at >= this.end) return { frames: [], next: this.end };
    if (at >= segment.end) return { frames: [], next: this.segments[index + 1]?.base ?? this.end };
    segment.readers++;
    try {
      return await this.readFrames(segment, at, maxBytes);
    } finally {
      segment.readers--;
      if (segment.dropped) await this.remove(segment);
    }
  }

  /** Gives up the segments that end at or before `position`, the last one never. Answers their bases. */
  async dropBefore(position: number): Promise<readonly number[]> {
    const dropped: number[] = [];
    for (let first = this.segments[0]; first && this.segments.length > 1 && first.end <= position; first = this.segments[0]) {
      this.segments.shift();
      first.dropped = true;
      dropped.push(first.base);
      await this.remove(first);
    }
    return dropped;
  }

  /** The base of the segment that the newest frame is in. */
  get newestBase(): number {
    return this.segments.at(-1)?.base ?? 0;
  }

  async close(): Promise<void> {
    for (const segment of this.segments) await segment.file.close();
    this.segments.length = 0;
  }

  private async readFrames(segment: Segment, at: number, maxBytes: number): Promise<{ frames: FrameAt[]; next: number }> {
    const from = at - segment.base;
    let size = Math.min(maxBytes, segment.end - at);
    for (;;) {
      const bytes = Buffer.allocUnsafe(size);
      const { bytesRead } = await segment.file.read(bytes, 0, size, from);
      const frames: FrameAt[] = [];
      let start = 0;
      while (start < bytesRead) {
        const header = readHeader(bytes.subarray(0, bytesRead), start, at + start);
        if (!header) break;
        frames.push({ header, bytes, start });
        start += header.length;
      }
      if (frames.length > 0) return { frames, next: at + start };
      const needed = statedLength(bytes, 0) ?? 0;
      if (needed <= size || needed > segment.end - at) throw new LogDamaged(`${segment.path}: the frame at byte ${from} cannot be read`);
      size = needed;
    }
  }

  private async writeRest(file: FileHandle, rest: Buffer, offset: number): Promise<void> {
    for (let done = 0; done < rest.length; ) {
      const { bytesWritten } = await file.write(rest, done, rest.length - done, offset + done);
      done += bytesWritten;
    }
  }

  private async remove(segment: Segment): Promise<void> {
    if (segment.readers > 0) return;
    await segment.file.close();
    await rm(segment.path, { force: true });
  }

  /** Begins a new file at the end of the log. Everything before is synced by then. */
  private async roll(): Promise<Segment> {
    const path = segmentPath(this.options.folder, this.end);
    const segment = { base: this.end, end: this.end, path, file: await open(path, 'w+'), readers: 0, dropped: false };
    await syncFolder(this.options.folder);
    this.segments.push(segment);
    return segment;
  }

  private async recover(base: number, nextBase: number | undefined, onFrame: (header: FrameHeader, segmentBase: number) => void): Promise<void> {
    const path = segmentPath(this.options.folder, base);
    const file = await open(path, 'r+');
    const bytes = await file.readFile();
    // The segment behind was begun only when this one was on the disk, up to there.
    const durable = nextBase ?? this.options.knownEnd;
    const findings = examineSegment(bytes.subarray(0, (nextBase ?? Infinity) - base), base, durable);
    for (const { at, filler } of findings.damage) {
      this.damaged(`${path}: acknowledged messages in bytes ${at} to ${at + filler.length} cannot be read`);
      await file.write(filler, 0, filler.length, at);
    }
    const end = base + findings.goodBytes;
    if (nextBase !== undefined && end < nextBase) this.damaged(`${path}: acknowledged messages behind byte ${findings.goodBytes} cannot be read`);
    if (findings.goodBytes < bytes.length) await file.truncate(findings.goodBytes);
    await file.sync();
    for (const header of findings.frames) onFrame(header, base);
    this.segments.push({ base, end, path, file, readers: 0, dropped: false });
    this.end = end;
  }

  private damaged(what: string): void {
    const damage = new LogDamaged(`${what}; restore the folder from a backup, or accept the loss with acceptDamage`);
    if (!this.options.acceptDamage) throw damage;
    this.options.onDamage(damage);
  }
}
