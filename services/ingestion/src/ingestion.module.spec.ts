import { describe, expect, it } from '@jest/globals';
import { NestFactory } from '@nestjs/core';
import { ingestionV1 } from '@tollkeeper/contracts';
import { InProcessClient, InProcessServer, rpcPattern, ServiceClient } from '@tollkeeper/nest-kit';
import { IngestionHouse, tenant } from './ingestion-house.fixture.js';
import { IngestionModule } from './ingestion.module.js';
import { nativeEvent } from './accept/accept.fixture.js';

describe('the ingestion module', () => {
  it('answers every method of its proto service', async () => {
    const house = await IngestionHouse.build();
    const server = new InProcessServer();
    const options = { usagePartitions: 4, filesFolder: `${house.folder}/files2` };
    const app = await NestFactory.createMicroservice(IngestionModule.forRoot(house.core.ports, options), {
      strategy: server,
      logger: false,
    });
    try {
      await app.listen();
      for (const method of Object.values(ingestionV1.IngestionService.method))
        expect(server.getHandlerByPattern(rpcPattern(method))).toBeDefined();
      const client = new ServiceClient(new InProcessClient(server));
      const body = Buffer.from(JSON.stringify(nativeEvent()));
      const receipt = await client.call(ingestionV1.IngestionService.method.acceptUsage, {
        tenantId: tenant,
        cause: house.nextCause(),
        contentType: 'application/cloudevents+json',
        body,
      });
      expect(receipt).toMatchObject({ accepted: 1 });
      await expect(
        client.call(ingestionV1.IngestionService.method.getReceipt, { tenantId: tenant, id: 'rcp_none' }),
      ).rejects.toMatchObject({ code: 'not_found' });
    } finally {
      await app.close();
      await house.remove();
    }
  });
});
