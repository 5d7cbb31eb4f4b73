import { writeFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '@tollkeeper/api-client';
import { machineTimers } from '../machine.js';
import type { Platform } from '../platform.js';
import { Printer, plural } from './printer.js';
import { setUp, setUpSteps } from './set-up.js';
import { Story } from './story.js';

/** Written when the story has been told, so that a second start tells it no more. */
const doneFile = 'sample.done';
const keyFile = 'sample.key';

/**
 * Creates the sample tenant and lives through its months, when this data folder has not seen them yet. A story that was
 * cut off leaves a tenant behind that it cannot take up again; then it says so.
 */
export async function runSample(platform: Platform, dataFolder: string, out: NodeJS.WriteStream): Promise<void> {
  const printer = new Printer(out);
  const key = await textOf(join(dataFolder, keyFile));
  if ((await textOf(join(dataFolder, doneFile))) !== undefined) {
    printer.line('The sample tenant is as it was.');
    return next(printer, platform, dataFolder);
  }
  if (key !== undefined) {
    printer.line('The sample story was cut off at an earlier start; its tenant is kept as it is. For the whole story start with another folder: npm start -- --data other');
    return next(printer, platform, dataFolder);
  }
  const clientFor = (apiKey: string) => new ApiClient({ baseUrl: platform.address, apiKey, timers: machineTimers });
  const begun = performance.now();
  const sample = await printer.progress('setting up the sample tenant', setUpSteps, (advance) => setUp(clientFor(platform.operatorKey), clientFor, advance));
  await writeFile(join(dataFolder, keyFile), `${sample.apiKey}\n`, { mode: 0o600 });
  printer.line(`Northgrid, a sample tenant: 2 brands, ${plural(sample.customers.size, 'customer')}, ${plural(sample.devices, 'device')}, 1 partner`);
  await new Story(sample, printer).tell();
  await writeFile(join(dataFolder, doneFile), 'told\n');
  printer.line(`Three months took ${((performance.now() - begun) / 1000).toFixed(1)} s.`);
  next(printer, platform, dataFolder);
}

function next(printer: Printer, platform: Platform, dataFolder: string): void {
  printer.line();
  printer.line(`  API     ${platform.address}   docs ${platform.address}/docs`);
  printer.line(`  Key     in ${join(dataFolder, keyFile)} (tenant) and ${platform.operatorKeyFile} (operator)`);
  printer.line('  Try     npm run tollkeeper -- invoice list');
  printer.line('          npm run tollkeeper -- device account "SE*NGR*E1004"');
  printer.line('          npm run tollkeeper -- quarantine list');
  printer.line('          npm run tollkeeper -- chain verify');
  printer.line();
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
}
