/** One jest for the whole workspace: specs sit beside the code and run from the TypeScript sources. Start it with `npm test`. */
const sumsFile = process.env.TEST_SUMS_FILE;

/** Specs that need real servers, which jest.cluster.config.mjs runs. */
export const clusterSpecs = '\\.cluster\\.spec\\.ts$';

/** Specs of the chart and of the image, which jest.delivery.config.mjs runs. */
const deliverySpecs = '\\.(?:chart|image)\\.spec\\.mjs$';

export default {
  reporters: ['default', ...(sumsFile ? [['<rootDir>/tools/test-sums.reporter.mjs', { file: sumsFile }]] : [])],
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/services', '<rootDir>/tools'],
  testMatch: ['**/*.spec.ts', '<rootDir>/tools/**/*.spec.mjs'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/tools/lint-fixture/', clusterSpecs, deliverySpecs],
  modulePathIgnorePatterns: ['/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: { customExportConditions: ['@tollkeeper/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
};
