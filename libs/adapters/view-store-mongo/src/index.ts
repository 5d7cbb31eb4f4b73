export * from './mongo-view-store.js';
