import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ratingV1, type tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { toMeterMessage, toPriceListMessage } from './catalogue/catalogue.mapping.js';
import { RatingCore } from './rating.core.js';
import { listPage } from './store/list-page.js';
import { findMeter, putMeter } from './usecases/put-meter.js';
import { findPriceList, putPriceList } from './usecases/put-price-list.js';

const { method } = ratingV1.RatingService;

/** Meters and price lists. */
@Controller()
export class CatalogueController {
  constructor(@Inject(RatingCore) private readonly core: RatingCore) {}

  @Rpc(method.putMeter)
  async putMeter(@Payload() request: ratingV1.PutMeterRequest): Promise<ratingV1.Meter> {
    const { item, version, createdAt } = await putMeter(this.core, request, this.core.ports.clocks.now(request.tenantId));
    return toMeterMessage(item, version, createdAt);
  }

  @Rpc(method.getMeter)
  async getMeter(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ratingV1.Meter> {
    const { item, version, createdAt } = await findMeter(this.core.catalogues, tenantId, id);
    return toMeterMessage(item, version, createdAt);
  }

  @Rpc(method.listMeters)
  async listMeters(@Payload() request: tenantV1.ListRequest): Promise<ratingV1.MeterPage> {
    const page = await listPage(this.core.views.meters, { index: 'tenant', equals: [request.tenantId] }, request);
    const found = await Promise.all(page.items.map(({ code }) => findMeter(this.core.catalogues, request.tenantId, code)));
    const items = found.map(({ item, version, createdAt }) => toMeterMessage(item, version, createdAt));
    return create(ratingV1.MeterPageSchema, { items, nextCursor: page.next });
  }

  @Rpc(method.putPriceList)
  async putPriceList(@Payload() request: ratingV1.PutPriceListRequest): Promise<ratingV1.PriceList> {
    const { item, version, createdAt } = await putPriceList(this.core, request, this.core.ports.clocks.now(request.tenantId));
    return toPriceListMessage(item, version, createdAt);
  }

  @Rpc(method.getPriceList)
  async getPriceList(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ratingV1.PriceList> {
    const { item, version, createdAt } = await findPriceList(this.core.catalogues, tenantId, id);
    return toPriceListMessage(item, version, createdAt);
  }

  @Rpc(method.listPriceLists)
  async listPriceLists(@Payload() request: tenantV1.ListRequest): Promise<ratingV1.PriceListPage> {
    const page = await listPage(this.core.views.priceLists, { index: 'tenant', equals: [request.tenantId] }, request);
    const found = await Promise.all(page.items.map(({ code }) => findPriceList(this.core.catalogues, request.tenantId, code)));
    const items = found.map(({ item, version, createdAt }) => toPriceListMessage(item, version, createdAt));
    return create(ratingV1.PriceListPageSchema, { items, nextCursor: page.next });
  }
}
