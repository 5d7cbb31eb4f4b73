import { decimalFault, describeDecimalFault } from '@tollkeeper/money';
import { type Fault, invalid, shown } from './fault.js';
import { fieldLimits, quantityLimits } from './intake-limits.js';
import { LongNumber, numberText } from './long-number.js';

/** True for a decimal in the strict form within the limits of a quantity; a loop, because it runs once per event. */
export function isQuantity(text: string): boolean {
  const length = text.length;
  const start = text.charCodeAt(0) === 45 ? 1 : 0;
  let point = -1;
  for (let at = start; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) continue;
    if (code !== 46 || point >= 0 || at === start) return false;
    point = at;
  }
  const whole = (point < 0 ? length : point) - start;
  const fraction = point < 0 ? 0 : length - point - 1;
  if (
    whole === 0 ||
    whole > quantityLimits.maxIntegerDigits ||
    point === length - 1 ||
    fraction > quantityLimits.maxFractionDigits
  )
    return false;
  return whole === 1 || text.charCodeAt(start) !== 48;
}

/** What is wrong with the text as a quantity. */
export function quantityFault(text: string, param: string): Fault {
  const fault = decimalFault(text, quantityLimits);
  const what = fault ? describeDecimalFault(fault, text, quantityLimits) : `${shown(text)} is not a decimal`;
  return invalid(param, `The quantity is not usable: ${what}.`);
}

/** The decimal text of a quantity as JSON holds it, or what is wrong with it. */
export function readQuantity(value: unknown, param: string): string | Fault {
  if (typeof value === 'string') return isQuantity(value) ? value : quantityFault(value, param);
  if (typeof value === 'number') {
    return (
      numberText(value) ??
      invalid(param, `The number ${shown(value)} is too small or too large for a quantity; send a decimal string such as "12.5".`)
    );
  }
  if (value instanceof LongNumber) {
    return invalid(
      param,
      `The number ${shown(value.text)} has an exponent or more than 15 digits and would lose some on the way; send it as a decimal string such as "12.5".`,
    );
  }
  return invalid(param, `A quantity is a decimal string such as "12.5"; ${shown(value)} is none.`);
}

/** What is wrong with a text field. Characters are looked at only where escapes could have written bad ones. */
export function textFault(value: unknown, param: string, maxLength: number): Fault | undefined {
  if (value === undefined || value === null) return invalid(param, `The event has no ${param}; every event needs one.`);
  if (typeof value !== 'string') return invalid(param, `${param} is a string; ${shown(value)} is none.`);
  if (value === '') return invalid(param, `${param} is empty.`);
  if (value.length > maxLength) return invalid(param, `${param} has ${value.length} characters; at most ${maxLength} are taken.`);
  return hasBadCharacters(value) ? invalid(param, `${param} holds a control character or half of a character.`) : undefined;
}

export function hasBadCharacters(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 32) return true;
  }
  return !text.isWellFormed();
}

/** What is wrong with the dimensions: an object of at most 16 texts by short names. */
export function dimensionsFault(value: unknown, param: string, careful: boolean): Fault | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return invalid(param, `${param} is an object of strings; ${shown(value)} is none.`);
  }
  let count = 0;
  for (const name in value) {
    const member: unknown = (value as Record<string, unknown>)[name];
    if (++count > fieldLimits.dimensions) return invalid(param, `${param} has more than ${fieldLimits.dimensions} members.`);
    if (name === '' || name.length > fieldLimits.dimensionName || (careful && hasBadCharacters(name))) {
      return invalid(param, `The name ${shown(name)} in ${param} is not 1 to ${fieldLimits.dimensionName} printable characters.`);
    }
    if (typeof member !== 'string' || member.length > fieldLimits.dimensionValue || (careful && hasBadCharacters(member))) {
      return invalid(
        `${param}.${name}`,
        `A dimension is a string of at most ${fieldLimits.dimensionValue} printable characters; ${shown(member)} is none.`,
      );
    }
  }
  return undefined;
}
