import { type DynamicModule, Module } from '@nestjs/common';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { AccountsController } from './accounts.controller.js';
import { PaymentsController } from './payments.controller.js';
import { ReceivablesCore } from './receivables.core.js';

@Module({})
export class ReceivablesModule {
  static forRoot(ports: ServicePorts): DynamicModule {
    return {
      module: ReceivablesModule,
      providers: [{ provide: SERVICE_PORTS, useValue: ports }, ReceivablesCore],
      controllers: [AccountsController, PaymentsController],
    };
  }
}
