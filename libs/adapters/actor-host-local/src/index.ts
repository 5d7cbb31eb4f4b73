export * from './local-actor-host.js';
