import { Decimal, decimalFault } from '@tollkeeper/money';
import { expandExponent } from '../accept/long-number.js';
import type { ConditionDefinition } from './definition.js';
import { parsePath, valueAt } from './path.js';
import { toText } from './template.js';

/** A condition that was made ready once; `text` tells people what it wants. */
export interface Condition {
  readonly text: string;
  holds(record: unknown): boolean;
}

export function toCondition(definition: ConditionDefinition): Condition {
  const steps = parsePath(definition.path);
  const read = (record: unknown) => valueAt(record, steps);
  if (definition.exists !== undefined) {
    const wanted = definition.exists;
    return {
      text: `${definition.path} ${wanted ? 'exists' : 'is absent'}`,
      holds: (record) => {
        const value = read(record);
        return (value !== undefined && value !== null && value !== '') === wanted;
      },
    };
  }
  if (definition.greater_than !== undefined) {
    const bound = Decimal.of(definition.greater_than);
    return {
      text: `${definition.path} is greater than ${definition.greater_than}`,
      holds: (record) => isGreater(toText(read(record)), bound),
    };
  }
  if (definition.not_equals !== undefined) {
    const unwanted = String(definition.not_equals);
    return { text: `${definition.path} is not ${unwanted}`, holds: (record) => toText(read(record)) !== unwanted };
  }
  const wanted = new Set((definition.in ?? [definition.equals ?? '']).map(String));
  return { text: `${definition.path} is ${[...wanted].join(' or ')}`, holds: (record) => wanted.has(toText(read(record)) ?? '') };
}

function isGreater(text: string | undefined, bound: Decimal): boolean {
  const decimal = text === undefined ? undefined : expandExponent(text);
  return decimal !== undefined && decimalFault(decimal) === undefined && Decimal.of(decimal).compare(bound) > 0;
}
