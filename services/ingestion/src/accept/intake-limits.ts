/** What one request or record may be at most; everything beyond is refused with the limit in the text. */
export interface IntakeLimits {
  /** Bytes of a body as sent. */
  readonly bodyBytes: number;
  /** Bytes of a body after decompression. */
  readonly inflatedBytes: number;
  /** Inflated ÷ sent; usage compresses 10 to 40 times, a bomb a thousand times. */
  readonly inflationRatio: number;
  /** Records in one body. */
  readonly records: number;
  /** Objects and arrays inside each other. */
  readonly depth: number;
  /** UTF-16 units of the text of one unusable record that the quarantine keeps. */
  readonly originalUnits: number;
}

export const defaultIntakeLimits: IntakeLimits = {
  bodyBytes: 16 << 20,
  inflatedBytes: 64 << 20,
  inflationRatio: 200,
  records: 10_000,
  depth: 32,
  originalUnits: 64 << 10,
};

/** Bounds of the fields of one event, in UTF-16 units. */
export const fieldLimits = {
  id: 256,
  source: 256,
  device: 256,
  meter: 64,
  key: 256,
  dimensions: 16,
  dimensionName: 64,
  dimensionValue: 256,
} as const;

/** Bounds of a quantity, in digits on either side of the point. */
export const quantityLimits = { maxIntegerDigits: 20, maxFractionDigits: 18 } as const;

/** Decimal digits that every double holds exactly. */
export const exactDigits = 15;
