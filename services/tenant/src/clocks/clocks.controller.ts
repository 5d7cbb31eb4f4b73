import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { TestClocks } from './test-clocks.js';

const { method } = tenantV1.TenantService;

@Controller()
export class ClocksController {
  constructor(@Inject(TestClocks) private readonly clocks: TestClocks) {}

  @Rpc(method.getClock)
  get(@Payload() request: tenantV1.GetClockRequest): Promise<tenantV1.TestClock> {
    return this.clocks.get(request.tenantId);
  }

  @Rpc(method.advanceClock)
  advance(@Payload() request: tenantV1.AdvanceClockRequest): Promise<tenantV1.TestClock> {
    return this.clocks.advance(request);
  }

  @Rpc(method.listTestClocks)
  list(): Promise<tenantV1.TestClockList> {
    return this.clocks.list();
  }
}
