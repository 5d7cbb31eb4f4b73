import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommissionsModule } from '@tollkeeper/commissions-service';
import { createGatewayAdapter, GatewayModule } from '@tollkeeper/gateway-service';
import { IngestionModule } from '@tollkeeper/ingestion-service';
import { InvoicingModule } from '@tollkeeper/invoicing-service';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import { RatingModule } from '@tollkeeper/rating-service';
import { ReceivablesModule } from '@tollkeeper/receivables-service';
import { TenantModule } from '@tollkeeper/tenant-service';

/** What options decide has nothing to do with which views there are. */
const anyOptions = { installationSecret: new Uint8Array(32), usagePartitions: 1, pageMs: 1, filesFolder: '.' } as const;

/**
 * Puts all services together and starts none of them: a service declares its views while it is put together, so that
 * `ports.views` knows all of them afterwards.
 */
export async function declareViews(ports: ServicePorts): Promise<void> {
  await NestFactory.create(allServices(ports), createGatewayAdapter(), { logger: false, abortOnError: false });
}

function allServices(ports: ServicePorts): DynamicModule {
  return {
    module: AllServices,
    imports: [
      TenantModule.forRoot(ports, anyOptions),
      IngestionModule.forRoot(ports, anyOptions),
      RatingModule.forRoot(ports, anyOptions),
      InvoicingModule.forRoot(ports),
      ReceivablesModule.forRoot(ports),
      CommissionsModule.forRoot(ports),
      GatewayModule.forRoot(ports),
    ],
  };
}

@Module({})
class AllServices {}
