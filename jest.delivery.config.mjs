/** The tests of what is delivered: the chart and the container image. Start them with `npm run test:chart` and `npm run test:image`. */
import cluster from './jest.cluster.config.mjs';

const matches = { chart: '<rootDir>/charts/**/*.chart.spec.mjs', image: '<rootDir>/tools/image/**/*.image.spec.mjs' };
const kind = process.env.TOLLKEEPER_DELIVERY;

export default {
  ...cluster,
  roots: ['<rootDir>/charts', '<rootDir>/tools'],
  testMatch: kind ? [matches[kind]] : Object.values(matches),
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
};
