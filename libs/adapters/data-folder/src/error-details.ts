/** Errors of the file system come from outside the realm of a test, so that `instanceof` does not know them. */
function property(error: unknown, name: 'code' | 'message' | 'cause'): unknown {
  return typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined;
}

/** An error's own code and those of its causes, outermost first: `ENOSPC`, `LEVEL_LOCKED` … */
export function errorCodes(error: unknown): readonly string[] {
  const codes: string[] = [];
  for (let at = error; at !== undefined; at = property(at, 'cause')) {
    const code = property(at, 'code');
    if (typeof code === 'string') codes.push(code);
  }
  return codes;
}

/** An error's message and those of its causes: LevelDB says what is wrong at the bottom. */
export function errorText(error: unknown): string {
  const texts: string[] = [];
  for (let at = error; at !== undefined; at = property(at, 'cause')) {
    const message = property(at, 'message');
    if (typeof message === 'string') texts.push(message);
  }
  return texts.length > 0 ? texts.join(': ') : String(error);
}
