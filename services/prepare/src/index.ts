export { declareViews } from './declare-views.js';
