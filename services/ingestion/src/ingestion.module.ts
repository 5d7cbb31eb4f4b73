import { type DynamicModule, Module } from '@nestjs/common';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { INGESTION_OPTIONS, IngestionCore } from './ingestion.core.js';
import type { IngestionOptions } from './ingestion.options.js';
import { MappingController } from './mapping.controller.js';
import { QuarantineController } from './quarantine.controller.js';
import { UsageController } from './usage.controller.js';

@Module({})
export class IngestionModule {
  static forRoot(ports: ServicePorts, options: IngestionOptions): DynamicModule {
    return {
      module: IngestionModule,
      providers: [{ provide: SERVICE_PORTS, useValue: ports }, { provide: INGESTION_OPTIONS, useValue: options }, IngestionCore],
      controllers: [UsageController, QuarantineController, MappingController],
    };
  }
}
