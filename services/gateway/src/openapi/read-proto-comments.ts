/**
 * The comments of proto files, as descriptions of the public fields: `Customer.payment_days` → text. Messages of all
 * packages share one table under their full names; the files are ours and flat, so lines are enough to read them by.
 */
export function readProtoComments(files: readonly string[]): Readonly<Record<string, string>> {
  const comments: Record<string, string> = {};
  for (const file of files) {
    const pkg = /^package ([\w.]+);/m.exec(file)?.[1] ?? '';
    let message = '';
    let said: string[] = [];
    for (const line of file.split('\n')) {
      const comment = /^\s*\/\/ ?(.*)$/.exec(line)?.[1];
      if (comment !== undefined) {
        said.push(comment);
        continue;
      }
      const opened = /^message (\w+) \{/.exec(line)?.[1];
      const field = /^\s+(?:repeated )?(?:map<[^>]+>|[\w.]+) (\w+) = \d+;/.exec(line)?.[1];
      if (opened !== undefined) message = `${pkg}.${opened}`;
      const name = opened === undefined ? field && `${message}.${field}` : message;
      if (name !== undefined && message !== '' && said.length > 0) comments[name] = said.join(' ');
      if (line.startsWith('}')) message = '';
      said = [];
    }
  }
  return comments;
}
