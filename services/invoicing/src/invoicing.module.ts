import { type DynamicModule, Module } from '@nestjs/common';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { InvoicingController } from './invoicing.controller.js';
import { InvoicingCore } from './invoicing.core.js';

@Module({})
export class InvoicingModule {
  static forRoot(ports: ServicePorts): DynamicModule {
    return {
      module: InvoicingModule,
      providers: [{ provide: SERVICE_PORTS, useValue: ports }, InvoicingCore],
      controllers: [InvoicingController],
    };
  }
}
