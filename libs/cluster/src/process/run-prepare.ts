import { InProcessClient, InProcessServer, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import { JsonLogger } from '../logging/json-logger.js';
import { readSettings, SettingsError } from '../settings/settings.js';
import { machineClock, machineRandomness, machineTimers } from './machine.js';
import { openEngines } from './open-engines.js';

/** Indexes over all that an installation has kept in years. */
const longestBuildMs = 24 * 3_600_000;

/**
 * The life of the job before an upgrade: makes streams, consumers and the indexes of chains, then those of all views that
 * `declare` declares by putting the services together. All of it is made only where it is missing, and beside running processes
 * of the release before. Exit codes as those of a service.
 */
export async function runPrepare(declare: (ports: ServicePorts) => Promise<void>): Promise<void> {
  // Index builds go on in the server; the next attempt waits for the same ones.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  process.exit(await prepare(declare));
}

async function prepare(declare: (ports: ServicePorts) => Promise<void>): Promise<number> {
  try {
    // The gateway's settings are what all processes read.
    const settings = readSettings('gateway', process.env);
    const logger = new JsonLogger({ service: 'prepare', instance: settings.instance }, settings.logLevel, machineClock, (line) => process.stdout.write(line));
    const engines = await openEngines(settings, 'prepare', (fault) => logger.error(`the bus: ${textOf(fault)}`), longestBuildMs);
    logger.log('streams, consumers and the indexes of chains are there');
    const { chains, views, bus, actors } = engines;
    const clocks = new TenantClocks(machineClock);
    // Nobody is asked and nothing is done later: services are put together here, not started.
    const client = new ServiceClient(new InProcessClient(new InProcessServer()));
    await declare({ chains, views, bus, actors, timers: machineTimers, clock: machineClock, clocks, randomness: machineRandomness, client });
    await views.prepare();
    logger.log('the indexes of views are there');
    await engines.close();
    return 0;
  } catch (error) {
    if (error instanceof SettingsError) {
      process.stderr.write(`tollkeeper prepare: wrong settings\n${error.message.replace(/^/gm, '  ')}\n`);
      return 2;
    }
    process.stderr.write(`tollkeeper prepare: ${textOf(error)}\n`);
    return 1;
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
