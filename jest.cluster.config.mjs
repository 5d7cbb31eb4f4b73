/** The tests that run real servers, which `npm test` leaves out. Start them with `npm run test:cluster`, which installs those first. */
import base, { clusterSpecs } from './jest.config.mjs';

export default {
  ...base,
  testMatch: ['**/*.cluster.spec.ts'],
  testPathIgnorePatterns: base.testPathIgnorePatterns.filter((pattern) => pattern !== clusterSpecs),
  // Starting a server, and finding out that one is gone, takes seconds; machines that run tests are suspended for a minute at times.
  testTimeout: 180_000,
};
