export * from './mongo-connection.js';
export * from './slots.js';
export * from './stored-text.js';
