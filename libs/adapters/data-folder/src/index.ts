export * from './claim-folder.js';
export * from './errors.js';
export * from './level-folder.js';
export * from './error-details.js';
