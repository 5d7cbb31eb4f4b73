import type { DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import 'reflect-metadata';
import type { Handler } from './request-exchange.js';

/** Names under which Nest keeps what its decorators say. */
const injectedTokens = 'self:paramtypes';
const messagePatterns = 'microservices:pattern';

interface Lifecycle {
  onModuleInit?(): unknown;
  onApplicationBootstrap?(): unknown;
}

export interface BootedModule {
  readonly handlers: ReadonlyMap<string, Handler>;
  /** Begins what the module does in the background. */
  start(): Promise<void>;
}

/**
 * Brings up a service module as Nest would: providers and controllers by their explicit `@Inject` tokens, handlers by their
 * `@MessagePattern`. It takes a fraction of a millisecond, so that a seed can afford to crash often.
 */
export function bootModule(module: DynamicModule): BootedModule {
  const providers = new Map<InjectionToken, Provider>();
  for (const provider of module.providers ?? []) providers.set(typeof provider === 'function' ? provider : provider.provide, provider);
  const made = new Map<InjectionToken, unknown>();
  const resolve = (token: InjectionToken): unknown => {
    if (!made.has(token)) made.set(token, makeFrom(providers.get(token), token, resolve));
    return made.get(token);
  };
  for (const token of providers.keys()) resolve(token);
  const controllers = (module.controllers ?? []).map((controller) => construct(controller, resolve));
  const handlers = new Map(controllers.flatMap(handlersOf));
  const instances = [...made.values(), ...controllers].filter((one): one is Lifecycle => typeof one === 'object' && one !== null);
  return {
    handlers,
    async start() {
      for (const one of instances) await one.onModuleInit?.();
      for (const one of instances) await one.onApplicationBootstrap?.();
    },
  };
}

function makeFrom(provider: Provider | undefined, token: InjectionToken, resolve: (token: InjectionToken) => unknown): unknown {
  if (!provider) throw new Error(`no provider for ${String(token)}; the simulator reads providers of the module itself`);
  if (typeof provider === 'function') return construct(provider, resolve);
  if ('useValue' in provider) return provider.useValue;
  if ('useClass' in provider) return construct(provider.useClass, resolve);
  if ('useExisting' in provider) return resolve(provider.useExisting);
  return provider.useFactory(...(provider.inject ?? []).map((wanted) => resolve(typeof wanted === 'object' && 'token' in wanted ? wanted.token : wanted)));
}

function construct(type: Type<unknown>, resolve: (token: InjectionToken) => unknown): unknown {
  const declared = (Reflect.getMetadata(injectedTokens, type) ?? []) as readonly { readonly index: number; readonly param: InjectionToken }[];
  const parameters: unknown[] = [];
  for (const { index, param } of declared) parameters[index] = resolve(param);
  if (parameters.length < type.length) throw new Error(`${type.name} has parameters without @Inject`);
  return new type(...parameters);
}

/** The handlers of a controller: pattern → call with the message as its only argument. */
function handlersOf(controller: unknown): [string, Handler][] {
  const members = Object.getOwnPropertyDescriptors(Object.getPrototypeOf(controller) as object);
  return Object.values(members).flatMap(({ value: method }: PropertyDescriptor) => {
    if (typeof method !== 'function') return [];
    const patterns = (Reflect.getMetadata(messagePatterns, method) ?? []) as readonly string[];
    return patterns.map((pattern): [string, Handler] => [pattern, (message) => Reflect.apply(method, controller, [message]) as unknown]);
  });
}
