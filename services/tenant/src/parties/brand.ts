import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { email, language, optionalText, refuse, requiredText } from '../shell/check.js';
import { cleanSvg } from './clean-svg.js';

/** Folded state of `brand/<tenant>/<id>`. */
export type BrandState = {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly billingEntityId: string;
  readonly primaryColor: string;
  readonly accentColor: string;
  readonly logoSvg: string;
  readonly supportEmail: string;
  readonly website: string;
  readonly language: string;
  readonly createdAt: Instant;
};

const defaultPrimaryColor = '#1f2937';

/** @throws Problem `invalid_request` naming the first member that cannot be right. */
export function fromBrand(given: tenantV1.Brand, made: { id: string; tenantId: string; createdAt: Instant }): BrandState {
  const primaryColor = given.primaryColor === '' ? defaultPrimaryColor : color(given.primaryColor, 'primary_color');
  return {
    ...made,
    name: requiredText(given.name, 'name'),
    billingEntityId: given.billingEntityId,
    primaryColor,
    accentColor: given.accentColor === '' ? primaryColor : color(given.accentColor, 'accent_color'),
    logoSvg: given.logoSvg === '' ? '' : cleanSvg(given.logoSvg, 'logo_svg'),
    supportEmail: email(given.supportEmail, 'support_email'),
    website: website(given.website),
    language: given.language === '' ? 'en' : language(given.language, 'language'),
  };
}

function color(text: string, param: string): string {
  return /^#[0-9a-fA-F]{6}$/.test(text)
    ? text.toLowerCase()
    : refuse(param, `“${text.slice(0, 20)}” is not a colour; write it as #rrggbb.`);
}

function website(text: string): string {
  const trimmed = optionalText(text, 'website');
  if (trimmed === '' || (/^https?:\/\//.test(trimmed) && URL.canParse(trimmed))) return trimmed;
  return refuse('website', 'website is not an address; write it like https://example.com.');
}

export function toBrand(state: BrandState): tenantV1.Brand {
  return create(tenantV1.BrandSchema, {
    id: state.id,
    name: state.name,
    billingEntityId: state.billingEntityId,
    primaryColor: state.primaryColor,
    accentColor: state.accentColor,
    logoSvg: state.logoSvg,
    supportEmail: state.supportEmail,
    website: state.website,
    language: state.language,
    createdAt: toRfc3339(state.createdAt),
  });
}
