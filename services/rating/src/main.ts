import { runService } from '@tollkeeper/cluster';
import { RatingModule } from './index.js';

await runService({
  name: 'rating',
  module: ({ ports, settings: { usagePartitions, pageMs } }) => RatingModule.forRoot(ports, { usagePartitions, pageMs }),
});
