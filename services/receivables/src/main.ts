import { runService } from '@tollkeeper/cluster';
import { ReceivablesModule } from './index.js';

await runService({ name: 'receivables', module: ({ ports }) => ReceivablesModule.forRoot(ports) });
