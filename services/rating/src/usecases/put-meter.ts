import { isDeepStrictEqual } from 'node:util';
import type { ratingV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { type Aggregation, aggregations, type Meter } from '@tollkeeper/metering';
import type { Catalogues } from '../catalogue/catalogues.js';
import { type MeterPut, toJsonValue } from '../catalogue/rating-catalogue.js';
import { type CatalogueItem, type CataloguePorts, writeCatalogue } from '../catalogue/write-catalogue.js';

const codeForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** @throws Problem `invalid_request` naming the member, `conflict` when the meter counts in another way already */
export async function putMeter(ports: CataloguePorts, request: ratingV1.PutMeterRequest, now: Instant): Promise<CatalogueItem<Meter>> {
  const { tenantId, cause } = request;
  const meter = readMeter(request.meter);
  const entry = await writeCatalogue(ports, {
    tenantId,
    cause,
    now,
    decide: (present, state, n) => {
      const before = present.meter(meter.code);
      if (before && before.aggregation !== meter.aggregation) {
        throw new Problem(
          'conflict',
          `The meter ${JSON.stringify(meter.code)} is a ${before.aggregation} meter, and usage is booked with it; make a meter with another code.`,
          { param: 'aggregation' },
        );
      }
      if (before && isDeepStrictEqual(before, meter)) return undefined;
      const placed = { n, created_at: state.meters[meter.code]?.created_at ?? toRfc3339(now) };
      const body = toJsonValue({ meter, created_at: placed.created_at });
      return { kind: 'meter_put', body, state: { ...state, meters: { ...state.meters, [meter.code]: placed } } };
    },
  });
  return entry ? toMeterItem(entry) : findMeter(ports.catalogues, tenantId, meter.code);
}

/** @throws Problem `not_found` */
export async function findMeter(catalogues: Catalogues, tenantId: string, code: string): Promise<CatalogueItem<Meter>> {
  const found = await catalogues.find(tenantId, 'meter_put', code);
  if (!found) throw new Problem('not_found', 'There is no such meter.', { param: 'code' });
  return toMeterItem(found);
}

function toMeterItem(entry: Entry): CatalogueItem<Meter> {
  const { meter, created_at: createdAt } = fromCanonicalBytes<MeterPut>(entry.body);
  return { item: meter, version: entry.n, createdAt };
}

function readMeter(message: ratingV1.Meter | undefined): Meter {
  const { code = '', name = '', aggregation = '', unit = '' } = message ?? {};
  if (!codeForm.test(code)) {
    throw new Problem('invalid_request', 'A meter needs a code of letters, digits, dots, dashes and underscores, at most 64.', { param: 'code' });
  }
  if (!isAggregation(aggregation)) {
    throw new Problem('invalid_request', `${JSON.stringify(aggregation)} is not an aggregation; write one of ${aggregations.join(', ')}.`, {
      param: 'aggregation',
    });
  }
  return { code, name: name === '' ? code : name, aggregation, unit };
}

function isAggregation(text: string): text is Aggregation {
  return aggregations.some((known) => known === text);
}
