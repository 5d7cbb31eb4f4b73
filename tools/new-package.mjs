#!/usr/bin/env node
/**
 * Makes a workspace package: `node tools/new-package.mjs libs/domain/money domain`.
 * The second argument is its tag for the boundary rule: domain, contracts, ports, adapter, adapter-kit, shell, testing, simulation, service, composition.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const [folder, type, given] = process.argv.slice(2);
if (!folder || !type) {
  console.error('usage: node tools/new-package.mjs FOLDER TYPE [NAME]');
  process.exit(2);
}
const name = given ?? basename(folder);
mkdirSync(join(folder, 'src'), { recursive: true });
const write = (file, text) => existsSync(join(folder, file)) || writeFileSync(join(folder, file), text);
write(
  'package.json',
  JSON.stringify(
    {
      name: `@tollkeeper/${name}`,
      version: '0.1.0',
      private: true,
      license: 'Apache-2.0',
      type: 'module',
      exports: {
        '.': { '@tollkeeper/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
      },
      nx: { tags: [`type:${type}`], targets: { lint: {} } },
    },
    null,
    2,
  ) + '\n',
);
write('src/index.ts', 'export {};\n');
