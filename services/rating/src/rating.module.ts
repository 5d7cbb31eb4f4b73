import { type DynamicModule, Module } from '@nestjs/common';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { CatalogueController } from './catalogue.controller.js';
import { DeviceAccountsController } from './device-accounts.controller.js';
import { ProofController } from './proof.controller.js';
import { RATING_OPTIONS, RatingCore } from './rating.core.js';
import type { RatingOptions } from './rating.options.js';

@Module({})
export class RatingModule {
  static forRoot(ports: ServicePorts, options: RatingOptions): DynamicModule {
    return {
      module: RatingModule,
      providers: [{ provide: SERVICE_PORTS, useValue: ports }, { provide: RATING_OPTIONS, useValue: options }, RatingCore],
      controllers: [CatalogueController, DeviceAccountsController, ProofController],
    };
  }
}
