/**
 * Writes what is generated from the route table and the proto files: the comments as descriptions, and the OpenAPI
 * document that is checked in. `--check` only compares, and exits 1 when a file is stale.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openApiDocument } from './document.js';
import { readProtoComments } from './read-proto-comments.js';

const gateway = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const proto = join(dirname(dirname(gateway)), 'proto');
const check = process.argv.includes('--check');

const files = globSync('tollkeeper/**/*.proto', { cwd: proto }).sort();
const comments = readProtoComments(files.map((file) => readFileSync(join(proto, file), 'utf8')));

const wanted: Readonly<Record<string, string>> = {
  'src/openapi/generated/proto-comments.ts': `/** Comments of the proto files, by full name. Written by \`npm run generate\`; never edited. */
export const protoComments: Readonly<Record<string, string>> = ${JSON.stringify(comments, null, 2)};\n`,
  'openapi.json': `${JSON.stringify(openApiDocument(undefined, comments), null, 2)}\n`,
};

for (const [file, text] of Object.entries(wanted)) {
  const path = join(gateway, file);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  if (check) {
    console.error(`services/gateway/${file} is stale\n  mend: npm run generate`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
