#!/usr/bin/env node
import { TelemetrySettingsError } from '@tollkeeper/telemetry';
import { errorText } from './start-error.js';
import { OptionsError, readOptions, usage } from './options.js';
import { startPlatform } from './platform.js';
import { runSample } from './sample/run-sample.js';

/** Exit codes: 0 a clean end, 1 the platform could not start or run, 2 a wrong setting. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  const platform = await startPlatform(options);
  const stopped = untilAskedToStop();
  process.stdout.write(`Tollkeeper listens on ${platform.address}; docs at ${platform.address}/docs; operator key in ${platform.operatorKeyFile}\n`);
  // The story only talks to the platform over HTTP; Ctrl-C in the middle of it ends both.
  const story = options.sample ? runSample(platform, options.dataFolder, process.stdout) : Promise.resolve();
  await Promise.race([stopped, story.then(() => stopped)]);
  process.stdout.write('Stopping: finishing what is under way …\n');
  await platform.close();
  process.stdout.write('Stopped. Everything is kept.\n');
  return 0;
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one ends the process at once, which loses nothing either. */
function untilAskedToStop(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        process.once(signal, () => process.exit(130));
        resolve();
      });
    }
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`tollkeeper: ${errorText(error)}\n`);
    process.exit(error instanceof OptionsError || error instanceof TelemetrySettingsError ? 2 : 1);
  },
);
