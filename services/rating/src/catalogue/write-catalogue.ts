import type { ChainWriter, Draft } from '@tollkeeper/chain-kit';
import type { Entry, Instant } from '@tollkeeper/kernel';
import { catalogueChain, type Catalogues } from './catalogues.js';
import { type CatalogueState, emptyCatalogueState, type RatingCatalogue } from './rating-catalogue.js';

export interface CataloguePorts {
  readonly writer: ChainWriter;
  readonly catalogues: Catalogues;
}

/** A meter or price list with the catalogue version that holds it. */
export interface CatalogueItem<T> {
  readonly item: T;
  readonly version: number;
  /** When it first came in, RFC 3339. */
  readonly createdAt: string;
}

export interface CatalogueCommand {
  readonly tenantId: string;
  readonly cause: string;
  readonly now: Instant;
  /** `n` is the version that the entry will be; undefined writes nothing. Throws a Problem to refuse. */
  decide(present: RatingCatalogue, state: CatalogueState, n: number): Draft<CatalogueState> | undefined;
}

/**
 * Adds an entry to a tenant's catalogue. The state holds only where things stand, so the decision is made on the catalogue
 * as of the very head that the entry follows; when another writer was faster, it is read and decided again.
 */
export async function writeCatalogue({ writer, catalogues }: CataloguePorts, command: CatalogueCommand): Promise<Entry | undefined> {
  const { tenantId, cause, now } = command;
  for (;;) {
    const present = await catalogues.current(tenantId);
    let isStale = false;
    const { entry } = await writer.execute<CatalogueState>({
      chain: catalogueChain(tenantId),
      cause,
      now,
      decide: (state = emptyCatalogueState, head) => {
        isStale = (head?.n ?? 0) !== present.n;
        return isStale ? undefined : command.decide(present, state, present.n + 1);
      },
    });
    if (entry) await catalogues.asOf(tenantId, entry.n);
    if (entry || !isStale) return entry;
    await catalogues.refresh(tenantId);
  }
}
