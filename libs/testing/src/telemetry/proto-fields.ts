import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** A protobuf message without its schema: what stands under a field's number, in order. */
export class ProtoFields {
  private readonly values = new Map<number, (Uint8Array | bigint)[]>();

  constructor(bytes: Uint8Array) {
    const reader = new BinaryReader(bytes);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      const values = this.values.get(field) ?? [];
      this.values.set(field, values);
      if (type === WireType.LengthDelimited) values.push(reader.bytes());
      else if (type === WireType.Bit64) values.push(BigInt.asUintN(64, BigInt(reader.sfixed64())));
      else if (type === WireType.Varint) values.push(BigInt(reader.int64()));
      else reader.skip(type, field);
    }
  }

  messages(field: number): readonly ProtoFields[] {
    return this.all(field).map((bytes) => new ProtoFields(bytes));
  }

  message(field: number): ProtoFields | undefined {
    return this.messages(field).at(-1);
  }

  text(field: number): string | undefined {
    const bytes = this.all(field).at(-1);
    return bytes && Buffer.from(bytes).toString('utf8');
  }

  hex(field: number): string {
    return Buffer.from(this.all(field).at(-1) ?? new Uint8Array(0)).toString('hex');
  }

  /** Of a field with a whole number, whichever way it travels. */
  whole(field: number): number | undefined {
    const value = this.values.get(field)?.at(-1);
    return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : undefined;
  }

  double(field: number): number | undefined {
    const value = this.values.get(field)?.at(-1);
    if (typeof value !== 'bigint') return undefined;
    const bits = new DataView(new ArrayBuffer(8));
    bits.setBigUint64(0, value);
    return bits.getFloat64(0);
  }

  private all(field: number): readonly Uint8Array[] {
    return (this.values.get(field) ?? []).filter((value) => value instanceof Uint8Array);
  }
}
