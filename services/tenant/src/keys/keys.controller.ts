import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { Rpc } from '@tollkeeper/nest-kit';
import { listPage } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { operatorTenant, toApiKey, toPrincipal } from './api-key.js';
import { createApiKey } from './create-api-key.js';
import { revokeApiKey } from './revoke-api-key.js';

const { method } = tenantV1.TenantService;

@Controller()
export class KeysController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.createApiKey)
  create(@Payload() request: tenantV1.CreateApiKeyRequest): Promise<tenantV1.ApiKey> {
    return createApiKey(this.context, request);
  }

  @Rpc(method.revokeApiKey)
  revoke(@Payload() request: tenantV1.RevokeApiKeyRequest): Promise<tenantV1.ApiKey> {
    return revokeApiKey(this.context, request);
  }

  @Rpc(method.listApiKeys)
  async list(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.ApiKeyPage> {
    const tenantId = request.tenantId === '' ? operatorTenant : request.tenantId;
    const page = await listPage(this.context.views.keys, { index: 'tenant', equals: [tenantId] }, request, (keys) =>
      keys.map((key) => toApiKey(key)),
    );
    return create(tenantV1.ApiKeyPageSchema, page);
  }

  /** One read by the hash: equal time for every key that is not one, as there is nothing to compare with. */
  @Rpc(method.authenticate)
  async authenticate(@Payload() request: tenantV1.AuthenticateRequest): Promise<tenantV1.Principal> {
    const key = /^[0-9a-f]{64}$/.test(request.keyHash) ? await this.context.views.keys.get(request.keyHash) : undefined;
    if (!key) throw new Problem('unauthenticated', 'The API key is not known; check that it is whole, and of this installation.');
    if (key.revokedAt !== undefined) throw new Problem('unauthenticated', 'The API key was revoked; use another, or create one.');
    return toPrincipal(key);
  }
}
