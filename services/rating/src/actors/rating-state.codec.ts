import type { ReadingState } from '@tollkeeper/metering';
import type { PeriodState, RatingState, UseState } from '@tollkeeper/rating';
import type { ByteReader } from '../pages/byte-reader.js';
import type { ByteWriter } from '../pages/byte-writer.js';

/** Which members of a use are there. */
const has = { window: 1, quantity: 2, latest: 4, keys: 8, first: 16, last: 32 } as const;

/** The pricing state in bytes: a third of its JSON, and written with every page. */
export function writeRatingState(out: ByteWriter, state: RatingState): void {
  out.varint(state.periods.length);
  for (const period of state.periods) {
    out.signed(period.start);
    out.signed(period.end - period.start);
    out.varint(period.uses.length);
    for (const use of period.uses) writeUse(out, use);
  }
  const registers = Object.entries(state.registers ?? {});
  // 0 says that there is no such member, which is another state than an empty one.
  out.varint(state.registers ? registers.length + 1 : 0);
  for (const [meter, reading] of registers) {
    out.text(meter);
    writeReading(out, reading);
  }
}

function writeUse(out: ByteWriter, use: UseState): void {
  out.byte(
    (use.w === undefined ? 0 : has.window) |
      (use.q === undefined ? 0 : has.quantity) |
      (use.t === undefined ? 0 : has.latest) |
      (use.u === undefined ? 0 : has.keys) |
      (use.f === undefined ? 0 : has.first) |
      (use.l === undefined ? 0 : has.last),
  );
  out.text(use.m);
  out.text(use.p);
  out.signed(use.v);
  out.varint(use.n);
  if (use.w !== undefined) out.text(use.w);
  if (use.q !== undefined) out.text(use.q);
  if (use.t !== undefined) {
    out.signed(use.t);
    out.text(use.i ?? '');
  }
  if (use.u !== undefined) out.text(use.u);
  if (use.f !== undefined) writeReading(out, use.f);
  if (use.l !== undefined) writeReading(out, use.l);
}

function writeReading(out: ByteWriter, [time, value]: ReadingState): void {
  out.signed(time);
  out.text(value);
}

export function readRatingState(reader: ByteReader): RatingState {
  const periods: PeriodState[] = [];
  for (let left = reader.varint(); left > 0; left--) {
    const start = reader.signed();
    const end = start + reader.signed();
    const uses: UseState[] = [];
    for (let more = reader.varint(); more > 0; more--) uses.push(readUse(reader));
    periods.push({ start, end, uses });
  }
  const count = reader.varint();
  if (count === 0) return { periods };
  const registers: [string, ReadingState][] = [];
  for (let left = count - 1; left > 0; left--) registers.push([reader.text(), readReading(reader)]);
  return { periods, registers: Object.fromEntries(registers) };
}

function readUse(reader: ByteReader): UseState {
  const flags = reader.byte();
  const use: { -readonly [K in keyof UseState]: UseState[K] } = { m: reader.text(), p: reader.text(), v: reader.signed(), n: reader.varint() };
  if (flags & has.window) use.w = reader.text();
  if (flags & has.quantity) use.q = reader.text();
  if (flags & has.latest) {
    use.t = reader.signed();
    use.i = reader.text();
  }
  if (flags & has.keys) use.u = reader.text();
  if (flags & has.first) use.f = readReading(reader);
  if (flags & has.last) use.l = readReading(reader);
  return use;
}

function readReading(reader: ByteReader): ReadingState {
  return [reader.signed(), reader.text()];
}
