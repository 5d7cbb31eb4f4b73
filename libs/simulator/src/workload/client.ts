import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { Problem } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import type { Platform } from '../services/platform.js';
import { Violation } from '../oracle/violation.js';

const firstWaitMs = 150;
const longestWaitMs = 3_000;
const patientAttempts = 200;

/** Somebody outside who asks until an answer comes, with the same cause each time, as every client should. */
export class PatientClient {
  private readonly client: ServiceClient;

  constructor(private readonly platform: Platform) {
    this.client = platform.requests.outside();
  }

  wait(ms: number): Promise<void> {
    return new Promise((resolve) => void this.platform.world.scheduler.after(ms, resolve));
  }

  /** Undefined when all attempts failed. @throws Problem a refusal that trying again cannot mend */
  async try<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    attempts = patientAttempts,
  ): Promise<MessageShape<O> | undefined> {
    let waitMs = firstWaitMs;
    for (let left = attempts; left > 0; left--) {
      try {
        return await this.client.call(method, input);
      } catch (error) {
        if (!(error instanceof Problem) || error.status < 500) throw error;
        this.platform.world.trace.note('client', `hears ${error.code} from ${method.name}`);
      }
      await this.wait(waitMs);
      waitMs = Math.min(waitMs * 2, longestWaitMs);
    }
    return undefined;
  }

  /** @throws Violation when nobody answers in the end, or refuses what is right. */
  async ask<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, input: MessageInitShape<I>): Promise<MessageShape<O>> {
    try {
      const reply = await this.try(method, input);
      if (reply) return reply;
    } catch (error) {
      throw new Violation('answers', `${method.name} refused a right request: ${String(error)}`);
    }
    throw new Violation('G13', `${method.name} had no answer after ${patientAttempts} attempts`);
  }
}
