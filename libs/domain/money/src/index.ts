export * from './currency.js';
export {
  type DecimalFault,
  decimalFault,
  type DecimalLimits,
  DecimalSyntaxError,
  defaultDecimalLimits,
  describeDecimalFault,
} from './decimal-text.js';
export { Decimal, maxDecimal, minDecimal, parseDecimal, type RoundingMode, sumDecimals } from './decimal.js';
export * from './format.js';
export * from './money.js';
export { addDecimal, addScaled, addText, type ScaledSum, scaledSum, toDecimal } from './scaled-sum.js';
