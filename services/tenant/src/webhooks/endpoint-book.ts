import type { Instant } from '@tollkeeper/kernel';
import { everyPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import type { EndpointState } from './endpoint.js';

/** Another replica may have changed an endpoint: what is known is asked again after this. */
const knownForMs = 5_000;
const endpointsPage = 100;

/** The endpoints of each tenant, kept at hand because every fact asks for them. */
export class EndpointBook {
  private readonly known = new Map<string, { readonly until: Instant; readonly endpoints: Promise<readonly EndpointState[]> }>();

  constructor(private readonly context: Pick<TenantContext, 'views' | 'ports'>) {}

  /** All that are not deleted, the disabled ones too. */
  of(tenantId: string): Promise<readonly EndpointState[]> {
    const now = this.context.ports.clock.now();
    const kept = this.known.get(tenantId);
    if (kept && kept.until > now) return kept.endpoints;
    const endpoints = this.read(tenantId);
    this.known.set(tenantId, { until: now + knownForMs, endpoints });
    endpoints.catch(() => this.known.delete(tenantId));
    return endpoints;
  }

  async find(tenantId: string, id: string): Promise<EndpointState | undefined> {
    return (await this.of(tenantId)).find((endpoint) => endpoint.id === id);
  }

  /** To be called after the view shows a change. */
  forget(tenantId: string): void {
    this.known.delete(tenantId);
  }

  private async read(tenantId: string): Promise<readonly EndpointState[]> {
    const found: EndpointState[] = [];
    const selection = {
      index: 'tenant',
      equals: [tenantId],
      keep: (endpoint: EndpointState) => endpoint.deletedAt === undefined,
    };
    for await (const page of everyPage(this.context.views.endpoints, selection, endpointsPage)) found.push(...page);
    return found;
  }
}
