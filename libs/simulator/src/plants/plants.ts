import type { ServicePorts } from '@tollkeeper/nest-kit';
import type { ActorCall, ActorMethodContract, ActorReply, Bus, BusMessage, ChainStore, Delivery, SubscribeOptions, Topic } from '@tollkeeper/ports';
import type { PortWrapper } from '../services/platform.js';
import { diskPlants } from './disk-plants.js';
import type { Plant } from './plant.js';

/** A chain store that does one thing differently. */
function withChains(change: (chains: ChainStore) => Partial<ChainStore>): PortWrapper {
  return (ports) => ({ ...ports, chains: delegating(ports.chains, change(ports.chains)) });
}

function withBus(change: (bus: Bus) => Partial<Bus>): PortWrapper {
  return (ports) => ({ ...ports, bus: delegating(ports.bus, change(ports.bus)) });
}

/** The changed members, and all others as they were. */
function delegating<T extends object>(whole: T, changed: Partial<T>): T {
  return new Proxy(whole, {
    get(target, name) {
      const member: unknown = name in changed ? Reflect.get(changed, name) : Reflect.get(target, name);
      return typeof member === 'function' ? (member.bind(name in changed ? changed : target) as unknown) : member;
    },
  });
}

/** Answers that all events are booked, and books them afterwards, come what may. */
function bookLater(ports: ServicePorts): ServicePorts {
  const callMany = <I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> => {
    const replies = ports.actors.callMany(contract, calls);
    if (contract.method !== 'book') return replies;
    return Promise.resolve(
      calls.map(({ input }) => {
        const { events } = input as unknown as { readonly events: readonly unknown[] };
        return { status: 'done', output: { outcomes: new Uint8Array(events.length), refusals: new Map() } as O };
      }),
    );
  };
  return { ...ports, actors: delegating(ports.actors, { callMany }) };
}

const portPlants: readonly Plant[] = [
  {
    name: 'ack-before-durable',
    description: 'a publication is answered before it is durable',
    wrap: withBus((bus) => ({
      publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]) {
        void bus.publish(topic, partition, messages).catch(() => undefined);
        return Promise.resolve();
      },
    })),
  },
  {
    name: 'ack-before-booking',
    description: 'usage is acknowledged on the bus before it is booked',
    wrap: withBus((bus) => ({
      subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handle: (deliveries: readonly Delivery<T>[]) => void | Promise<void>) {
        if (topic.name !== 'usage') return bus.subscribe(topic, options, handle);
        return bus.subscribe(topic, options, (deliveries) => {
          for (const delivery of deliveries) delivery.ack();
          return handle(deliveries);
        });
      },
    })),
  },
  {
    name: 'forget-cause',
    description: 'no entry is ever found by its cause',
    wrap: withChains(() => ({ findCause: () => Promise.resolve(undefined) })),
  },
  {
    name: 'drop-outbox',
    description: 'entries do not say that work must follow them',
    wrap: withChains((chains) => ({ append: (requests) => chains.append(requests.map((request) => ({ ...request, pending: false }))) })),
  },
  {
    name: 'skip-identity-look-up',
    description: 'the fingerprints of earlier pages are not read, so that repeated events look new',
    wrap: withChains((chains) => ({
      read: (chain, from, to, limit) => (chain.startsWith('device/') && limit === 256 ? Promise.resolve([]) : chains.read(chain, from, to, limit)),
    })),
  },
  {
    name: 'settle-early',
    description: 'rating says that a page is booked before it is',
    wrap: bookLater,
  },
];

/** Bugs of kinds that real systems have had; every one must be caught. */
export const plants: readonly Plant[] = [...portPlants, ...diskPlants];
