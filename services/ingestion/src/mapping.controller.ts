import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ingestionV1, type tenantV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { Rpc } from '@tollkeeper/nest-kit';
import { toFileImport } from './files/file-ledger.js';
import { IngestionCore } from './ingestion.core.js';
import { cursorProblem, pageLimit, readPage } from './store/read-page.js';
import type { MappingDocument } from './store/views.js';

const { method } = ingestionV1.IngestionService;

/** Mappings of foreign formats, and the files that go through them. */
@Controller()
export class MappingController {
  constructor(@Inject(IngestionCore) private readonly core: IngestionCore) {}

  @Rpc(method.putMapping)
  async putMapping(@Payload() request: ingestionV1.PutMappingRequest): Promise<ingestionV1.Mapping> {
    const { tenantId, cause, mapping } = request;
    if (!mapping) throw new Problem('invalid_request', 'The request holds no mapping.', { param: 'mapping' });
    return toMapping(await this.core.mappings.put(tenantId, cause, this.core.ports.clocks.now(tenantId), mapping));
  }

  @Rpc(method.getMapping)
  async getMapping(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ingestionV1.Mapping> {
    const document = await this.core.mappings.find(tenantId, id);
    if (!document) throw new Problem('not_found', `There is no mapping ${id.slice(0, 64)}.`, { param: 'id' });
    return toMapping(document);
  }

  /** A tenant has few mappings: they are sorted here, and the cursor is the code of the last one. */
  @Rpc(method.listMappings)
  async listMappings(@Payload() { tenantId, limit, cursor }: tenantV1.ListRequest): Promise<ingestionV1.MappingPage> {
    const all = await this.core.mappings.list(tenantId);
    const after = cursor === '' ? 0 : all.findIndex((mapping) => mapping.code === cursor) + 1;
    if (cursor !== '' && after === 0) throw cursorProblem();
    const items = all.slice(after, after + pageLimit(limit));
    const isLast = after + items.length >= all.length;
    return create(ingestionV1.MappingPageSchema, {
      items: items.map(toMapping),
      nextCursor: isLast ? '' : (items.at(-1)?.code ?? ''),
    });
  }

  @Rpc(method.putFileChunk)
  putFileChunk(@Payload() request: ingestionV1.PutFileChunkRequest): Promise<ingestionV1.FileImport> {
    const { tenantId, cause, fileId, name, mapping, offset, bytes, last } = request;
    const now = request.nowMs > 0 ? request.nowMs : this.core.ports.clocks.now(tenantId);
    return this.core.putFileChunk.execute({ tenantId, cause, fileId, name, mapping, offset, bytes, last, now });
  }

  @Rpc(method.getFileImport)
  async getFileImport(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ingestionV1.FileImport> {
    const found = await this.core.files.find(tenantId, id);
    if (!found) throw new Problem('not_found', `There is no file ${id.slice(0, 64)}.`, { param: 'id' });
    const document = found.sameAs === undefined ? found : ((await this.core.files.find(tenantId, found.sameAs)) ?? found);
    return toFileImport(document, found.sameAs !== undefined);
  }

  @Rpc(method.listFileImports)
  async listFileImports(@Payload() { tenantId, limit, cursor }: tenantV1.ListRequest): Promise<ingestionV1.FileImportPage> {
    const query = { index: 'tenant', equals: [tenantId], descending: true };
    const { items, next } = await readPage(this.core.views.files, query, limit, cursor);
    const files = items.map((file) => toFileImport({ ...file, id: file.sameAs ?? file.id }, file.sameAs !== undefined));
    return create(ingestionV1.FileImportPageSchema, { items: files, nextCursor: next ?? '' });
  }
}

function toMapping({ id, code, name, definition, version, createdMs }: MappingDocument): ingestionV1.Mapping {
  return create(ingestionV1.MappingSchema, {
    id,
    code,
    name,
    definition,
    version,
    createdAt: createdMs === 0 ? '' : toRfc3339(createdMs),
  });
}
