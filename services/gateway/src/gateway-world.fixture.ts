import 'reflect-metadata';
import { createHash, randomBytes } from 'node:crypto';
import { create, type DescMessage, type DescMethodUnary, type DescService, type Message, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Controller, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { commissionsV1, ingestionV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { InProcessClient, InProcessServer, Rpc, rpcPattern, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import type { ChainStore, ViewStore } from '@tollkeeper/ports';
import { createGatewayAdapter, GatewayModule, type GatewayOptions } from './index.js';

/** What a service answers; anything that it does not name is answered with an empty message. */
type Handler = (request: Message) => Message | Promise<Message>;

interface Asked {
  readonly method: string;
  readonly request: Readonly<Record<string, unknown>>;
}

export interface GatewayWorld {
  readonly app: NestFastifyApplication;
  /** Every request to a service but for authentication, in order. */
  readonly asked: Asked[];
  readonly ports: ServicePorts;
  on<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    handler: (request: MessageShape<I>) => Partial<MessageShape<O>> | Promise<Partial<MessageShape<O>>>,
  ): void;
  /** Lets a key in; returns it. */
  key(principal: MessageInitShape<typeof tenantV1.PrincipalSchema>): string;
  revoke(key: string): void;
  /** Moves the machine's clock. */
  wait(ms: number): void;
}

const services: readonly DescService[] = [
  tenantV1.TenantService, ratingV1.RatingService, ingestionV1.IngestionService,
  invoicingV1.InvoicingService, receivablesV1.ReceivablesService, commissionsV1.CommissionsService,
];

const start = Date.parse('2026-03-01T12:00:00Z');
const { authenticate } = tenantV1.TenantService.method;

/** The real edge on the given stores, with services behind it that answer what a test says. */
export async function openGatewayWorld(stores: { readonly chains: ChainStore; readonly views: ViewStore }, options: GatewayOptions = {}): Promise<GatewayWorld> {
  const asked: Asked[] = [];
  const handlers = new Map<string, Handler>();
  const keys = new Map<string, MessageShape<typeof tenantV1.PrincipalSchema>>();
  const machine = { at: start };
  const clock = { now: () => machine.at };
  const server = new InProcessServer();
  const ports = {
    ...stores,
    clock,
    clocks: new TenantClocks(clock),
    randomness: { bytes: (count: number) => new Uint8Array(randomBytes(count)) },
    timers: { after: () => () => undefined },
    client: new ServiceClient(new InProcessClient(server)),
  } as unknown as ServicePorts;
  const answer = async (method: DescMethodUnary, request: Message): Promise<Message> => {
    const handler = handlers.get(rpcPattern(method));
    if (method !== (authenticate as DescMethodUnary)) asked.push({ method: method.name, request: request as unknown as Asked['request'] });
    return handler ? handler(request) : create(method.output);
  };
  const app = await NestFactory.create<NestFastifyApplication>(worldModule(ports, options, answer), createGatewayAdapter(), { logger: false });
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const world: GatewayWorld = {
    app, asked, ports,
    on: (method, handler) => void handlers.set(rpcPattern(method), async (request) => create(method.output, (await handler(request as never)) as never)),
    key: (principal) => {
      const key = `tk_test_${randomBytes(32).toString('base64url')}`;
      keys.set(digest(key), create(tenantV1.PrincipalSchema, { apiKeyId: `key_${keys.size}`, mode: 'sandbox', ...principal }));
      return key;
    },
    revoke: (key) => void keys.delete(digest(key)),
    wait: (ms) => void (machine.at += ms),
  };
  world.on(authenticate, ({ keyHash }) => {
    const principal = keys.get(keyHash);
    if (!principal) throw new Problem('unauthenticated', 'There is no such key.');
    return principal;
  });
  return world;
}

function digest(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

type Answering = (method: DescMethodUnary, request: Message) => Promise<Message>;

@Module({})
class WorldModule {}

function worldModule(ports: ServicePorts, options: GatewayOptions, answer: Answering): DynamicModule {
  const controllers = services.map((service) => controllerOf(service, answer));
  return { module: WorldModule, imports: [GatewayModule.forRoot(ports, options)], controllers };
}

/** A controller with one handler per method of the service. */
function controllerOf(service: DescService, answer: Answering): Type {
  class ServiceController {}
  for (const method of service.methods as DescMethodUnary[]) {
    const descriptor = { value: (request: Message) => answer(method, request), writable: true, configurable: true };
    Object.defineProperty(ServiceController.prototype, method.localName, descriptor);
    Rpc(method)(ServiceController.prototype, method.localName, descriptor);
  }
  Controller()(ServiceController);
  return ServiceController;
}
