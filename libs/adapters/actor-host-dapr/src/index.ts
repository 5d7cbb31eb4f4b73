export * from './dapr-actor-host.js';
