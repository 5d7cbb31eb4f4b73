/**
 * What domain code may not touch: time, randomness, the process and I/O come in as arguments (design: pure core, thin shell).
 * Decimals have one door, `libs/domain/money`, so that precision and rounding are set in one place.
 */
const ioModules = [
  'assert', 'async_hooks', 'child_process', 'cluster', 'dgram', 'dns', 'events', 'fs', 'fs/promises', 'http', 'http2', 'https', 'inspector', 'net', 'os',
  'path', 'perf_hooks', 'process', 'readline', 'stream', 'timers', 'timers/promises', 'tls', 'v8', 'vm', 'worker_threads', 'zlib',
];
const asArgument = 'Domain code is pure: pass this in as an argument.';

const decimalDoor = {
  name: 'decimal.js',
  message: 'Only libs/domain/money imports decimal.js: use Money or Quantity of @tollkeeper/money.',
};

const domainImports = {
  paths: [
    ...ioModules.flatMap((name) => [name, `node:${name}`]).map((name) => ({ name, message: 'Domain code does no I/O: do it in a service and pass values in.' })),
    ...['crypto', 'node:crypto'].map((name) => ({
      name,
      importNames: ['default', 'randomBytes', 'randomFill', 'randomFillSync', 'randomInt', 'randomUUID', 'getRandomValues', 'webcrypto'],
      message: asArgument,
    })),
  ],
  patterns: [
    { group: ['@nestjs/*', 'rxjs', 'rxjs/*', 'classic-level', 'pino', 'pdfmake', 'undici'], message: 'Domain code knows no framework, store or network.' },
  ],
};

export const onlyMoneyHasDecimals = { 'no-restricted-imports': ['error', { paths: [decimalDoor] }] };

const pureGlobals = ['process', 'fetch', 'performance', 'crypto', 'console', 'setTimeout', 'setInterval', 'setImmediate'].map((name) => ({
  name,
  message: asArgument,
}));

/** Holds for specs of the domain too: a test that reads the clock fails on another day. */
export const domainPurity = {
  'no-restricted-globals': ['error', ...pureGlobals],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: asArgument },
    { object: 'Math', property: 'random', message: asArgument },
    { object: 'Temporal', property: 'Now', message: asArgument },
    { object: 'globalThis', property: 'process', message: asArgument },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: `new Date() reads the clock. ${asArgument}` },
    { selector: "CallExpression[callee.name='Date']", message: `Date() reads the clock. ${asArgument}` },
  ],
};

export const domainImportsOutsideMoney = {
  'no-restricted-imports': ['error', { ...domainImports, paths: [...domainImports.paths, decimalDoor] }],
};
export const domainImportsInMoney = { 'no-restricted-imports': ['error', domainImports] };
