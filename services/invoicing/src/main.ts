import { runService } from '@tollkeeper/cluster';
import { InvoicingModule } from './index.js';

await runService({ name: 'invoicing', module: ({ ports }) => InvoicingModule.forRoot(ports) });
