/** Relative links and images of a Markdown file that lead nowhere. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { workspaceRoot } from '../workspace.mjs';

export function brokenLinks(file, text, exists = (path) => existsSync(join(workspaceRoot, path))) {
  const prose = text.replace(/```[\s\S]*?```/g, '').replace(/`[^`]*`/g, '');
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
    .map(([, target]) => target.split('#')[0])
    .filter((target) => target && !/^[a-z]+:/.test(target) && !exists(join(dirname(file), decodeURI(target))))
    .map((target) => `${file}: the link to ${target} leads nowhere`);
}
