export * from './conformance/actor-host.suite.js';
export * from './conformance/bus.suite.js';
export * from './conformance/chain-store.suite.js';
export * from './conformance/storage-fixture.js';
export * from './conformance/view-store.suite.js';
export * from './crash/run-until-killed.js';
