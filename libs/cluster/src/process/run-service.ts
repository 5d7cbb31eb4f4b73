import { Logger } from '@nestjs/common';
import { TelemetrySettingsError } from '@tollkeeper/telemetry';
import { JsonLogger } from '../logging/json-logger.js';
import { readSettings, SettingsError } from '../settings/settings.js';
import { machineClock } from './machine.js';
import type { ServiceDefinition } from './service-definition.js';
import { ServiceProcess } from './start-service.js';

/**
 * The whole life of a service's process, from the environment to its end. Exit codes: 0 a clean end, 1 it could not start or
 * stop, 2 a wrong setting, 130 ended at once by a second signal, which loses nothing either.
 */
export async function runService(definition: ServiceDefinition): Promise<void> {
  process.exitCode = await live(definition);
  // Sockets of clients that do not close would keep the process.
  process.exit();
}

async function live(definition: ServiceDefinition): Promise<number> {
  const { name } = definition;
  try {
    const settings = readSettings(name, process.env);
    Logger.overrideLogger(new JsonLogger({ service: name, instance: settings.instance }, settings.logLevel, machineClock, (line) => process.stdout.write(line)));
    const service = new ServiceProcess(definition, settings);
    const asked = untilAskedToStop();
    const started = service.start();
    const failed = started.then(() => asked);
    await Promise.race([asked, failed]);
    started.catch(() => undefined);
    await service.stop();
    return 0;
  } catch (error) {
    if (error instanceof SettingsError || error instanceof TelemetrySettingsError) {
      process.stderr.write(`tollkeeper ${name}: wrong settings\n${error.message.replace(/^/gm, '  ')}\n`);
      return 2;
    }
    new Logger('process').fatal(`${name} ends: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
}

/** Resolves at the first SIGTERM or Ctrl-C; the second one ends the process at once. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, () => {
        for (const again of ['SIGINT', 'SIGTERM'] as const) process.once(again, () => process.exit(130));
        resolve();
      });
    }
  });
}
