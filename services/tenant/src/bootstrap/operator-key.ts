import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { derivedId } from '@tollkeeper/kernel';
import { type ApiKeyState, operatorTenant } from '../keys/api-key.js';
import { createApiKey, keyText } from '../keys/create-api-key.js';
import { secretHash } from '../keys/secrets.js';
import { chainName } from '../shell/chains.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { readSecretFile, writeSecretFile } from './secret-file.js';

export interface OperatorKeyPlace {
  /** Where the key stands, readable by its owner only: `<data folder>/operator.key`. */
  readonly file: string;
}

/**
 * The key of who runs the installation: made at the first start, the same at every later one. A lost file is written
 * again; once the key is revoked, or the installation's secret was replaced, the next start makes another.
 */
export async function ensureOperatorKey(context: TenantContext, place: OperatorKeyPlace): Promise<string> {
  for (let generation = 1; ; generation++) {
    const cause = `operator-key-${generation}`;
    const id = derivedId('apiKey', operatorTenant, cause);
    const present = await context.writer.state<ApiKeyState>(chainName('key', operatorTenant, id));
    const hash = secretHash(keyText(context.options.installationSecret, 'live', operatorTenant, id));
    if (present && (present.revokedAt !== undefined || present.keyHash !== hash)) continue;
    const apiKey = { name: 'Operator key made at the first start', role: 'operator' };
    const { secret } = await createApiKey(context, create(tenantV1.CreateApiKeyRequestSchema, { cause, apiKey }));
    if ((await readSecretFile(place.file))?.trim() !== secret) await writeSecretFile(place.file, `${secret}\n`);
    return secret;
  }
}
