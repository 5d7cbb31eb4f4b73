import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { buildProgram } from './program.js';
import { RecordedPlatform } from './recorded-platform.fixture.js';
import { processTerminal } from './terminal/process-terminal.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());
beforeEach(() => {
  platform.asked.length = 0;
});

describe('the command line', () => {
  it('answers help, version and mistakes with 0 and 2', async () => {
    expect(await platform.run(['--version'])).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
    expect(await platform.run(['help', 'invoice'])).toMatchObject({ code: 0, out: expect.stringContaining('credit') });
    expect(await platform.run(['invoice'])).toMatchObject({ code: 2, err: expect.stringContaining('Usage: tollkeeper invoice') });
    expect(await platform.run(['invioce'])).toMatchObject({ code: 2, err: expect.stringContaining("unknown command 'invioce'") });
    expect(await platform.run(['invoice', 'list', '--limit', '0'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('whole number from 1'),
    });
    expect(await platform.run(['file', 'import', 'x.csv'])).toMatchObject({ code: 2, err: expect.stringContaining('--mapping') });
    expect(await platform.run(['clock', 'advance', '--to', 'soon'])).toMatchObject({ code: 2, err: expect.stringContaining('2026-02-01') });
  });

  it('shows an example with the help of every command', async () => {
    const groups = buildProgram(processTerminal(new AbortController().signal)).program.commands;
    const names = groups.flatMap((group) =>
      group.commands.length === 0 ? [[group.name()]] : group.commands.map((command) => [group.name(), command.name()]),
    );
    expect(names.length).toBeGreaterThan(30);
    for (const name of names) {
      const { code, out } = await platform.run([...name, '--help']);
      expect([name, code]).toEqual([name, 0]);
      expect(out).toContain(`Examples:\n  tollkeeper ${name.join(' ')}`);
      expect(out).toContain('--json');
    }
  });

  it('says 3 and how to mend it when nothing answers, without waiting', async () => {
    const { code, err } = await platform.run(['health'], { env: { TOLLKEEPER_URL: 'http://127.0.0.1:9' } });
    expect([code, err]).toEqual([3, expect.stringContaining('npm start')]);
  });

  it('refuses an address that is none', async () => {
    expect(await platform.run(['health', '--url', 'localhost'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('“localhost” is not an address'),
    });
  });

  it('tells what the platform refused and what to do about it', async () => {
    platform.problem('GET /v1/me', 403, 'forbidden', 'The key lacks the scope usage:read.');
    const { code, err } = await platform.run(['whoami']);
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('tollkeeper: The key lacks the scope usage:read. (forbidden)\n  The key is valid'),
    ]);
  });

  it('lists every fault of a request', async () => {
    const errors = [
      { param: 'amount', detail: 'is above zero' },
      { param: 'currency', detail: 'is a code' },
    ];
    platform.problem('POST /v1/payments', 400, 'invalid_request', 'Two members are wrong.', { errors });
    const { err } = await platform.run(['payment', 'add', '--amount', '0', '--currency', 'x']);
    expect(err).toContain('  - amount: is above zero\n  - currency: is a code');
  });

  it('says what else answers when it is not Tollkeeper', async () => {
    platform.on('GET /health/ready', (_asked, response) => void response.writeHead(404).end('<html>'));
    expect(await platform.run(['health'])).toMatchObject({ code: 1, err: expect.stringContaining('without a proxy') });
  });

  it('stops at Ctrl-C with 130', async () => {
    const ctrlC = new AbortController();
    platform.on('GET /v1/me', (_asked, response) => {
      ctrlC.abort();
      setTimeout(() => response.end('{}'), 50);
    });
    const running = platform.run(['whoami'], { interrupted: ctrlC.signal });
    expect(await running).toMatchObject({ code: 130, err: expect.stringContaining('stopped') });
  });
});

describe('the key', () => {
  const me = { tenant_id: 'ten_1', role: 'admin', scopes: ['admin'] };

  it('is that of the sample where none is named, so that the tour works as typed', async () => {
    await mkdir(join(platform.folder, 'data'), { recursive: true });
    await writeFile(join(platform.folder, 'data', 'sample.key'), 'tk_sample\n');
    platform.on('GET /v1/me', me);
    expect(await platform.run(['whoami', '--url', platform.url], { env: {} })).toMatchObject({
      code: 0,
      out: expect.stringContaining('ten_1'),
    });
    expect(platform.asked[0]?.headers.authorization).toBe('Bearer tk_sample');
  });

  it('of the sample is told to no other machine', async () => {
    expect(await platform.run(['whoami', '--url', 'http://tollkeeper.example'], { env: {} })).toMatchObject({ code: 2 });
  });

  it('comes from the option before the environment', async () => {
    platform.on('GET /v1/me', me);
    await platform.run(['whoami', '--key', 'tk_option']);
    expect(platform.asked[0]?.headers.authorization).toBe('Bearer tk_option');
  });

  it('is asked for clearly when there is none', async () => {
    const { code, err } = await platform.run(['whoami', '--data', 'elsewhere'], { env: { TOLLKEEPER_API_KEY: ' ' } });
    expect([code, err]).toEqual([2, expect.stringMatching(/no API key.*\n.*TOLLKEEPER_API_KEY.*elsewhere\/sample\.key/)]);
  });

  it('is refused when it could not be sent', async () => {
    expect(await platform.run(['whoami', '--key', 'tk a\nb'])).toMatchObject({ code: 2, err: expect.stringContaining('Copy it whole') });
  });
});
