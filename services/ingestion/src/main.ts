import { runService } from '@tollkeeper/cluster';
import { IngestionModule } from './index.js';

await runService({
  name: 'ingestion',
  module: ({ ports, settings: { usagePartitions, filesFolder, watchFolder } }) =>
    IngestionModule.forRoot(ports, { usagePartitions, filesFolder, ...(watchFolder === undefined ? {} : { watchFolder }) }),
});
