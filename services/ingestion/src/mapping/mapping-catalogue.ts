import { type Clock, derivedId, type Entry, fromCanonicalBytes, type Instant, Problem } from '@tollkeeper/kernel';
import type { ChainWriter } from '@tollkeeper/chain-kit';
import type { View } from '@tollkeeper/ports';
import type { MappingDocument } from '../store/views.js';
import { CompiledMapping } from './compiled-mapping.js';
import { parseDefinition } from './definition.js';
import { type ShippedMapping, shippedMappings } from './shipped-mappings.js';

/** One mapping as its chain holds it: entry n is version n. */
interface MappingState {
  readonly id: string;
  readonly tenant: string;
  readonly code: string;
  readonly name: string;
  readonly definition: string;
  readonly createdMs: Instant;
}

/** What a tenant can map with: its own mappings first, then those that ship. */
export class TenantMappings {
  private readonly own: ReadonlyMap<string, CompiledMapping>;

  constructor(readonly documents: readonly MappingDocument[]) {
    this.own = new Map(documents.map(({ code, definition }) => [code, new CompiledMapping(code, parseDefinition(definition))]));
  }

  readonly byCode = (code: string): CompiledMapping | undefined =>
    this.own.get(code) ?? shippedMappings().find((mapping) => mapping.code === code)?.compiled;

  /** Only a tenant's own mappings take CloudEvents by their type; one that ships is used where it is named. */
  readonly byType = (type: string): CompiledMapping | undefined => {
    for (const mapping of this.own.values())
      if (mapping.definition.format === 'cloudevents' && mapping.takesType(type)) return mapping;
    return undefined;
  };
}

/** How long another process of this service may go on with a mapping that was just replaced. */
const freshMs = 5_000;
const maxOwnMappings = 200;
const maxCachedTenants = 1_000;
const codePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** The mappings of all tenants: chain `mapping/<tenant>/<code>`, shown in a view, cached ready to use. */
export class MappingCatalogue {
  private readonly cache = new Map<string, { readonly mappings: TenantMappings; readonly until: Instant }>();

  constructor(
    private readonly writer: ChainWriter,
    private readonly view: View<MappingDocument>,
    private readonly clock: Clock,
  ) {
    writer.follow('mapping/', (entry) => this.project(entry));
  }

  async of(tenantId: string): Promise<TenantMappings> {
    const cached = this.cache.get(tenantId);
    if (cached && cached.until > this.clock.now()) return cached.mappings;
    const { items } = await this.view.list({ index: 'tenant', equals: [tenantId], limit: maxOwnMappings });
    const mappings = new TenantMappings(items);
    if (this.cache.size >= maxCachedTenants) this.cache.clear();
    this.cache.set(tenantId, { mappings, until: this.clock.now() + freshMs });
    return mappings;
  }

  /** @throws Problem invalid_request naming the place in the definition */
  async put(
    tenantId: string,
    cause: string,
    now: Instant,
    given: { readonly code: string; readonly name: string; readonly definition: string },
  ): Promise<MappingDocument> {
    const { code, name, definition } = given;
    if (!codePattern.test(code)) {
      throw new Problem(
        'invalid_request',
        'The code of a mapping is 1 to 64 of a-z, 0-9, dot, hyphen and underscore, and begins with a letter or digit.',
        { param: 'code' },
      );
    }
    if (name.length > 200)
      throw new Problem('invalid_request', 'The name of a mapping has at most 200 characters.', { param: 'name' });
    parseDefinition(definition);
    const known = await this.of(tenantId);
    if (known.documents.length >= maxOwnMappings && !known.documents.some((document) => document.code === code)) {
      throw new Problem('unprocessable', `A tenant has at most ${maxOwnMappings} mappings of its own.`, { param: 'code' });
    }
    const written = await this.writer.execute<MappingState>({
      chain: `mapping/${tenantId}/${code}`,
      cause,
      now,
      decide: (before) => {
        const id = before?.id ?? derivedId('mapping', tenantId, cause);
        const state: MappingState = {
          id,
          tenant: tenantId,
          code,
          name: name || code,
          definition,
          createdMs: before?.createdMs ?? now,
        };
        return { kind: 'mapping_put', body: {}, state };
      },
    });
    if (!written.entry) throw new Problem('internal', 'The mapping was not written.');
    this.cache.delete(tenantId);
    return toDocument(written.entry);
  }

  /** By code or by id; a shipped one when the tenant has none of its own by that name. */
  async find(tenantId: string, codeOrId: string): Promise<MappingDocument | undefined> {
    const all = await this.list(tenantId);
    return all.find((document) => document.code === codeOrId || document.id === codeOrId);
  }

  /** The tenant's own and those that ship and are not replaced, by code. */
  async list(tenantId: string): Promise<readonly MappingDocument[]> {
    const { documents } = await this.of(tenantId);
    const own = new Set(documents.map((document) => document.code));
    const shipped = shippedMappings().filter(({ code }) => !own.has(code));
    return [...documents, ...shipped.map((mapping) => toShippedDocument(tenantId, mapping))].sort((a, b) =>
      a.code < b.code ? -1 : 1,
    );
  }

  private async project(entry: Entry): Promise<void> {
    const document = toDocument(entry);
    await this.view.put([document]);
    this.cache.delete(document.tenant);
  }
}

function toDocument(entry: Entry): MappingDocument {
  return { ...fromCanonicalBytes<MappingState>(entry.state), version: entry.n };
}

/** A shipped mapping has no version of the tenant's: 0. */
function toShippedDocument(tenantId: string, { code, name, definition }: ShippedMapping): MappingDocument {
  return { id: derivedId('mapping', 'shipped', code), version: 0, tenant: tenantId, code, name, definition, createdMs: 0 };
}
