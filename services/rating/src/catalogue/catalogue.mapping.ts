import { create } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import type { Json } from '@tollkeeper/kernel';
import type { Meter } from '@tollkeeper/metering';
import type { Price, PriceList, PriceModel } from '@tollkeeper/rating';

type Members = Record<string, Json | undefined>;

/** Members that proto leaves empty are absent in the domain's form, where empty and absent are not the same. */
function given(text: string): string | undefined {
  return text === '' ? undefined : text;
}

function dropAbsent(members: Members): Json {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Json;
}

/** The message as the domain's reader takes it: snake_case JSON without empty members. */
export function fromPriceListMessage(list: ratingV1.PriceList): Json {
  return dropAbsent({
    code: list.code,
    name: list.name,
    currency: list.currency,
    tax_inclusive: list.taxInclusive,
    versions: list.versions.map((version) =>
      dropAbsent({
        effective_from: given(version.effectiveFrom),
        prices: version.prices.map((price) =>
          dropAbsent({
            meter: price.meter,
            description: given(price.description),
            product: given(price.product),
            price: price.price ? fromModel(price.price) : undefined,
          }),
        ),
      }),
    ),
  });
}

function fromModel(model: ratingV1.PriceModel): Json {
  return dropAbsent({
    model: model.model,
    unit_price: given(model.unitPrice),
    amount: given(model.amount),
    tiers:
      model.tiers.length === 0
        ? undefined
        : model.tiers.map((tier) => dropAbsent({ up_to: given(tier.upTo), unit_price: given(tier.unitPrice), flat_fee: given(tier.flatFee) })),
    package_size: given(model.packageSize),
    package_price: given(model.packagePrice),
    included: given(model.included),
    event_fee: given(model.eventFee),
    windows:
      model.windows.length === 0
        ? undefined
        : model.windows.map((window) =>
            dropAbsent({
              name: window.name,
              days: window.days.length === 0 ? undefined : [...window.days],
              from: window.from,
              to: window.to,
              price: window.price ? fromModel(window.price) : undefined,
            }),
          ),
    otherwise: model.otherwise ? fromModel(model.otherwise) : undefined,
  });
}

export function toPriceListMessage(list: PriceList, version: number, createdAt: string): ratingV1.PriceList {
  return create(ratingV1.PriceListSchema, {
    code: list.code,
    name: list.name,
    currency: list.currency,
    taxInclusive: list.tax_inclusive,
    versions: list.versions.map((one) => create(ratingV1.PriceListVersionSchema, { effectiveFrom: one.effective_from ?? '', prices: one.prices.map(toPrice) })),
    version,
    createdAt,
  });
}

function toPrice(price: Price): ratingV1.Price {
  const { meter, description = '', product = '' } = price;
  return create(ratingV1.PriceSchema, { meter, description, product, price: toModel(price.price) });
}

function toModel(model: PriceModel): ratingV1.PriceModel {
  if (model.model === 'time_of_use') {
    return create(ratingV1.PriceModelSchema, {
      model: model.model,
      windows: model.windows.map(({ name, days, from, to, price }) =>
        create(ratingV1.TimeWindowSchema, { name, days: [...(days ?? [])], from, to, price: toModel(price) }),
      ),
      otherwise: toModel(model.otherwise),
    });
  }
  const extras = { model: model.model, included: model.included ?? '', eventFee: model.event_fee ?? '' };
  switch (model.model) {
    case 'flat':
      return create(ratingV1.PriceModelSchema, { ...extras, amount: model.amount });
    case 'per_unit':
      return create(ratingV1.PriceModelSchema, { ...extras, unitPrice: model.unit_price });
    case 'graduated':
    case 'volume':
      return create(ratingV1.PriceModelSchema, {
        ...extras,
        tiers: model.tiers.map((tier) => create(ratingV1.TierSchema, { upTo: tier.up_to ?? '', unitPrice: tier.unit_price, flatFee: tier.flat_fee ?? '' })),
      });
    case 'package':
      return create(ratingV1.PriceModelSchema, { ...extras, packageSize: model.package_size, packagePrice: model.package_price });
    case 'per_event':
      return create(ratingV1.PriceModelSchema, extras);
  }
}

export function toMeterMessage(meter: Meter, version: number, createdAt: string): ratingV1.Meter {
  const { code, name, aggregation, unit } = meter;
  return create(ratingV1.MeterSchema, { code, name, aggregation, unit, version, createdAt });
}
