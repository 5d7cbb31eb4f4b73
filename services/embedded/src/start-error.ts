/** What a person is told when the platform cannot start: what was wrong, and how to mend it. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? error.code : undefined;
  const address = 'address' in error && 'port' in error ? `${String(error.address)}:${String(error.port)}` : 'the address';
  switch (code) {
    case 'EADDRINUSE':
      return `${address} is in use by another program.\n  mend: stop that program, or choose another port with --port NUMBER (0 for any free one)`;
    case 'EADDRNOTAVAIL':
      return `${address} is not an address of this machine.\n  mend: choose another with --host ADDRESS`;
    case 'EACCES':
      return `${error.message}\n  mend: choose a port above 1023 or a folder that you may write, with --port or --data`;
    case 'ENOSPC':
      return `the disk is full: ${error.message}\n  mend: make room and start again; nothing that was acknowledged is lost`;
    default:
      return expected.has(error.name) ? error.message : (error.stack ?? error.message);
  }
}

/** Failures whose message is written for people; anything else is a bug and shows its stack. */
const expected = new Set(['OptionsError', 'DataFolderInUse', 'DataFolderTooNew', 'DataFolderUnusable', 'StoreUnavailable', 'LogDamaged', 'InstallationSecretUnusable', 'TelemetrySettingsError']);
