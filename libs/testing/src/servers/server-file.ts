/** Absolute path of a server’s binary, or of a text that comes with it (`dapr-crds.yaml`), of those that `npm run test:cluster` installed. */
export function serverFile(name: string): string {
  const variable = process.env['TOLLKEEPER_SERVERS'];
  if (!variable) throw new Error(`TOLLKEEPER_SERVERS is not set, so ${name} cannot be found; start this test with \`node tools/test-cluster.mjs PATH\``);
  const binaries: unknown = JSON.parse(variable);
  const path = (binaries as Readonly<Record<string, string>>)[name];
  if (path === undefined) {
    throw new Error(`TOLLKEEPER_SERVERS names no ${name}; start this test with \`node tools/test-cluster.mjs PATH\`, without --servers or with the set that holds it`);
  }
  return path;
}
