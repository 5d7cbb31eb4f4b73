export * from './level-view-store.js';
