import { runService } from '@tollkeeper/cluster';
import { CommissionsModule } from './index.js';

await runService({ name: 'commissions', module: ({ ports }) => CommissionsModule.forRoot(ports) });
