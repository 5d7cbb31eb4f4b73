import { runPrepare } from '@tollkeeper/cluster';
import { declareViews } from './declare-views.js';

await runPrepare(declareViews);
