/** One token of JSON (RFC 8259), from the place where the last one ended. */
const token =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|(?:true|false|null)(?!\w)))/y;

type Wanted = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or }' | ', or ]' | 'end';

/** Where a text stops being one JSON value, and what should stand there; undefined when it is one. */
export function jsonFault(text: string): { readonly offset: number; readonly wanted: string } | undefined {
  const open: ('{' | '[')[] = [];
  let wanted: Wanted = 'value';
  token.lastIndex = 0;
  for (;;) {
    const start = token.lastIndex;
    const [whole, sign, string] = token.exec(text) ?? [];
    const next: Wanted | undefined =
      whole === undefined ? undefined : follow(wanted, sign ?? (string === undefined ? 'scalar' : 'string'), open);
    if (next === undefined) {
      const offset = start + (/^[\t\n\r ]*/.exec(text.slice(start))?.[0].length ?? 0);
      if (wanted === 'end' && offset === text.length) return undefined;
      return {
        offset,
        wanted: offset === text.length ? `the text ends where ${described(wanted)} should stand` : `${described(wanted)} should stand here`,
      };
    }
    wanted = next;
  }
}

/** What may stand behind a token; undefined when the token itself may not stand here. */
function follow(wanted: Wanted, given: string, open: ('{' | '[')[]): Wanted | undefined {
  const behind = (): Wanted => (open.length === 0 ? 'end' : open.at(-1) === '{' ? ', or }' : ', or ]');
  const closing =
    given === '}' ? wanted === 'key or }' || wanted === ', or }' : given === ']' && (wanted === 'value or ]' || wanted === ', or ]');
  if (closing) {
    open.pop();
    return behind();
  }
  switch (wanted) {
    case 'value':
    case 'value or ]':
      if (given === '{' || given === '[') {
        open.push(given);
        return given === '{' ? 'key or }' : 'value or ]';
      }
      return given === 'string' || given === 'scalar' ? behind() : undefined;
    case 'key':
    case 'key or }':
      return given === 'string' ? ':' : undefined;
    case ':':
      return given === ':' ? 'value' : undefined;
    case ', or }':
      return given === ',' ? 'key' : undefined;
    case ', or ]':
      return given === ',' ? 'value' : undefined;
    case 'end':
      return undefined;
  }
}

function described(wanted: Wanted): string {
  switch (wanted) {
    case 'value':
      return 'a value';
    case 'value or ]':
      return 'a value or ]';
    case 'key':
      return 'a name in quotes';
    case 'key or }':
      return 'a name in quotes or }';
    case 'end':
      return 'nothing more';
    default:
      return wanted;
  }
}
