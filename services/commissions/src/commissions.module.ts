import { type DynamicModule, Module } from '@nestjs/common';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { CommissionsController } from './commissions.controller.js';
import { CommissionsCore } from './commissions.core.js';

@Module({})
export class CommissionsModule {
  static forRoot(ports: ServicePorts): DynamicModule {
    return {
      module: CommissionsModule,
      providers: [{ provide: SERVICE_PORTS, useValue: ports }, CommissionsCore],
      controllers: [CommissionsController],
    };
  }
}
