import type { PathParam } from '../http/route.js';

/** An id of the example data: the prefix says what it names. */
export function exampleId(prefix: string): string {
  return `${prefix}_01kd3v8q2mexample000000000`;
}

/** The usual `{id}` of a thing. */
export function idParam(what: string, prefix: string): { readonly id: PathParam } {
  return { id: { description: `Id of the ${what}.`, example: exampleId(prefix) } };
}

/** A `{name}` that fills the `id` field of the request message. */
export function asId(description: string, example: string): PathParam {
  return { description, example, field: 'id' };
}

export const deviceParam = { reference: asId('Reference of the device.', 'SE*NGR*E0001') };
