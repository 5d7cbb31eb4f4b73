import 'reflect-metadata';
import { create, type DescMethodUnary, type Message } from '@bufbuild/protobuf';
import { Controller, type INestMicroservice, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ClientProxy, CustomTransportStrategy } from '@nestjs/microservices';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ingestionV1, invoicingV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { currentTrace, requestScope, Rpc, ServiceClient, withRequestScope, withTrace } from '@tollkeeper/nest-kit';
import { StoreUnavailable } from '@tollkeeper/ports';
import { machineClock, machineTimers } from '../process/machine.js';

/** One transport with nothing asked yet. */
export interface TransportRig {
  /** A process that answers; asked for before `client`. */
  server(): CustomTransportStrategy;
  client(): Pick<ClientProxy, 'send'>;
  close(): Promise<void>;
}

type Handler = (request: Message) => unknown;

const { getTenant, listTenants } = tenantV1.TenantService.method;
const { renderInvoice } = invoicingV1.InvoicingService.method;
const { acceptUsage } = ingestionV1.IngestionService.method;
const { runDue } = ratingV1.RatingService.method;

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** What every transport of requests between services promises, whether its services share a process or not. */
export function serviceTransportSuite(name: string, open: () => Promise<TransportRig>): void {
  describe(name, () => {
    let rig: TransportRig;
    let apps: INestMicroservice[];
    let timeoutMs: number;

    beforeEach(async () => {
      rig = await open();
      apps = [];
      timeoutMs = 5_000;
    });

    afterEach(async () => {
      await Promise.all(apps.map((app) => app.close()));
      await rig.close();
    });

    const serve = async (handlers: readonly (readonly [DescMethodUnary, Handler])[]): Promise<ServiceClient> => {
      const app = await NestFactory.createMicroservice(moduleOf(handlers), { strategy: rig.server(), logger: false });
      apps.push(app);
      await app.listen();
      return new ServiceClient(rig.client(), { clock: machineClock, timers: machineTimers, timeoutOf: () => timeoutMs });
    };

    it('brings the message there and the answer back', async () => {
      const client = await serve([
        [getTenant as DescMethodUnary, (request) => create(tenantV1.TenantSchema, { id: (request as tenantV1.GetRequest).id, slug: 'zürich-energie' })],
      ]);
      expect(await client.call(getTenant, { tenantId: 'ten_1', id: 'ten_1' })).toMatchObject({ id: 'ten_1', slug: 'zürich-energie' });
    });

    it('answers an empty message with an empty message', async () => {
      const client = await serve([[listTenants as DescMethodUnary, () => create(tenantV1.TenantPageSchema)]]);
      expect(await client.call(listTenants, {})).toMatchObject({ items: [], nextCursor: '' });
    });

    it('lets a problem pass whole', async () => {
      const thrown = new Problem('rate_limited', 'Wait a little.', { param: 'id', retryAfterS: 7, more: [1, 'two'] });
      const client = await serve([[getTenant as DescMethodUnary, () => Promise.reject(thrown)]]);
      const caught: unknown = await client.call(getTenant, { id: 'ten_1' }).catch((error: unknown) => error);
      expect(caught).toBeInstanceOf(Problem);
      expect(caught).toMatchObject({ code: 'rate_limited', status: 429, detail: 'Wait a little.', extra: { param: 'id', retryAfterS: 7, more: [1, 'two'] } });
    });

    it('tells a fault of the engines as unavailable, and a bug as internal without its words', async () => {
      const client = await serve([
        [getTenant as DescMethodUnary, () => Promise.reject(new StoreUnavailable('the disk is away'))],
        [listTenants as DescMethodUnary, () => { throw new TypeError('undefined is not a function'); }],
      ]);
      await expect(client.call(getTenant, { id: 'ten_1' })).rejects.toMatchObject({ code: 'unavailable', extra: { retryAfterS: expect.any(Number) } });
      const bug: unknown = await client.call(listTenants, {}).catch((error: unknown) => error);
      expect(bug).toMatchObject({ code: 'internal' });
      expect(String(bug)).not.toContain('undefined');
    });

    it('says that nobody answers, and when to try again', async () => {
      const client = await serve([[getTenant as DescMethodUnary, () => create(tenantV1.TenantSchema)]]);
      await expect(client.call(listTenants, {})).rejects.toMatchObject({ code: 'unavailable', extra: { retryAfterS: expect.any(Number) } });
    });

    it('keeps a hundred requests at once apart', async () => {
      const client = await serve([
        [getTenant as DescMethodUnary, async (request) => {
          const { id } = request as tenantV1.GetRequest;
          await pause(Number(id) % 7);
          if (Number(id) % 10 === 0) throw new Problem('not_found', `There is no ${id}.`);
          return create(tenantV1.TenantSchema, { id });
        }],
      ]);
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => client.call(getTenant, { id: String(i) }).then(({ id }) => id, (error: Problem) => error.detail)),
      );
      expect(answers).toEqual(Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? `There is no ${i}.` : String(i))));
    });

    it('carries messages of many megabytes, there and back', async () => {
      const client = await serve([
        [renderInvoice as DescMethodUnary, () => create(invoicingV1.RenderingSchema, { fileName: 'large.pdf', content: pattern(3_000_000) })],
        [acceptUsage as DescMethodUnary, (request) => {
          const { body } = request as ingestionV1.AcceptUsageRequest;
          return create(ingestionV1.ReceiptSchema, { received: body.length, id: String(body.at(-1)) });
        }],
      ]);
      expect(await client.call(acceptUsage, { tenantId: 'ten_1', body: pattern(9_000_001) })).toMatchObject({ received: 9_000_001, id: String(9_000_000 % 251) });
      const { content } = await client.call(renderInvoice, { id: 'inv_1' });
      expect(Buffer.compare(content, pattern(3_000_000))).toBe(0);
    });

    it('stops waiting at the deadline', async () => {
      const client = await serve([[getTenant as DescMethodUnary, () => pause(2_000).then(() => create(tenantV1.TenantSchema))]]);
      timeoutMs = 150;
      const begun = Date.now();
      await expect(client.call(getTenant, { id: 'ten_1' })).rejects.toMatchObject({ code: 'unavailable', detail: expect.stringContaining('in time') });
      expect(Date.now() - begun).toBeLessThan(1_500);
    });

    it('gives what is asked for on the way no more time than there is left', async () => {
      let left: number | undefined;
      const client = await serve([
        [runDue as DescMethodUnary, async () => {
          await client.call(getTenant, { id: 'ten_1' });
          return create(tenantV1.RunDueReplySchema);
        }],
        [getTenant as DescMethodUnary, () => {
          left = (requestScope().deadline ?? Number.POSITIVE_INFINITY) - Date.now();
          return create(tenantV1.TenantSchema);
        }],
      ]);
      timeoutMs = 60_000;
      await withRequestScope({ deadline: Date.now() + 3_000 }, () => client.call(runDue, { tenantId: 'ten_1' }));
      expect(left).toBeGreaterThan(0);
      expect(left).toBeLessThanOrEqual(3_000);
      await expect(withRequestScope({ deadline: Date.now() - 1 }, () => client.call(getTenant, { id: 'ten_1' }))).rejects.toMatchObject({ code: 'unavailable' });
    });

    it('carries the trace of the caller', async () => {
      const client = await serve([[getTenant as DescMethodUnary, () => create(tenantV1.TenantSchema, { name: currentTrace()?.traceparent ?? 'none' })]]);
      expect(await withTrace({ traceparent }, () => client.call(getTenant, { id: 'ten_1' }))).toMatchObject({ name: traceparent });
      expect(await client.call(getTenant, { id: 'ten_1' })).toMatchObject({ name: 'none' });
    });
  });
}

/** A module whose only controller answers the given methods. */
export function moduleOf(handlers: readonly (readonly [DescMethodUnary, Handler])[]): Type {
  class SuiteController {}
  for (const [method, handle] of handlers) {
    const descriptor = { value: (request: Message) => handle(request), writable: true, configurable: true };
    Object.defineProperty(SuiteController.prototype, method.localName, descriptor);
    Rpc(method)(SuiteController.prototype, method.localName, descriptor);
  }
  Controller()(SuiteController);
  class SuiteModule {}
  Module({ controllers: [SuiteController] })(SuiteModule);
  return SuiteModule;
}

function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i % 251;
  return bytes;
}
