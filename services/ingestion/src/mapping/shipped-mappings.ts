import { readFileSync, readdirSync } from 'node:fs';
import { CompiledMapping } from './compiled-mapping.js';
import { parseDefinition } from './definition.js';

/** A mapping that comes with the product; every tenant has it, until it puts one of its own under the same code. */
export interface ShippedMapping {
  readonly code: string;
  readonly name: string;
  /** JSON text. */
  readonly definition: string;
  readonly compiled: CompiledMapping;
}

/** Beside `src` and beside `dist`, so that the same address works from both. */
const folder = new URL('../../mappings/', import.meta.url);

let shipped: readonly ShippedMapping[] | undefined;

/** Read once; a shipped file that is not valid is a mistake of ours and stops the start. */
export function shippedMappings(): readonly ShippedMapping[] {
  shipped ??= readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const code = file.slice(0, -'.json'.length);
      const { name, definition } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {
        readonly name: string;
        readonly definition: unknown;
      };
      const text = JSON.stringify(definition, undefined, 2);
      return { code, name, definition: text, compiled: new CompiledMapping(code, parseDefinition(text)) };
    });
  return shipped;
}
