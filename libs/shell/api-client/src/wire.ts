/**
 * A message as the public API shows it: snake_case members; texts and nested messages are absent when they have no
 * content. Types only: nothing is converted at run time.
 */
export type Wire<M> = M extends Uint8Array
  ? string
  : M extends readonly (infer Item)[]
    ? readonly Wire<Item>[]
    : M extends { readonly $typeName: string }
      ? WireMembers<Omit<M, '$typeName' | '$unknown'>>
      : M extends object
        ? { readonly [Key in keyof M]: Wire<M[Key]> }
        : M;

type WireMembers<M> = {
  readonly [Key in keyof M as Key extends string ? (M[Key] extends Always ? Snake<Key> : never) : never]: Wire<M[Key]>;
} & {
  readonly [Key in keyof M as Key extends string ? (M[Key] extends Always ? never : Snake<Key>) : never]?: Wire<Exclude<M[Key], undefined>>;
} & (M extends { readonly id: string } ? { readonly id: string } : unknown);

/** What the API never leaves out: numbers, booleans, lists, maps. */
type Always = number | boolean | readonly unknown[] | { readonly [key: string]: string | number };

type Snake<Text extends string> = Text extends `${infer Head}${infer Tail}`
  ? Head extends Lowercase<Head>
    ? `${Head}${Snake<Tail>}`
    : `_${Lowercase<Head>}${Snake<Tail>}`
  : '';

/** A page of a list. */
export interface WirePage<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string;
}
