import type { Brand } from '@tollkeeper/tenancy';
import { ink } from './paper.js';

/** A brand as paper needs it. */
export interface BrandLook {
  readonly name: string;
  readonly primary: string;
  readonly accent: string;
  /** The primary colour where it is dark enough to read on white, else the ink. */
  readonly primaryInk: string;
  /** The primary colour as a faint ground. */
  readonly tint: string;
  readonly logo?: { readonly svg: string } | { readonly image: string };
}

const fallback = { primary: '#1f4e79', accent: '#f2a541' } as const;

export function brandLook(brand: Brand): BrandLook {
  const primary = colourOr(brand.primaryColour, fallback.primary);
  return {
    name: brand.name,
    primary,
    accent: colourOr(brand.accentColour, fallback.accent),
    primaryInk: contrast(primary, '#ffffff') >= 4.5 ? primary : ink,
    tint: mix(primary, '#ffffff', 0.93),
    logo: drawableLogo(brand),
  };
}

/** A PNG by its signature; an SVG that draws by itself: without scripts, entities, or references to anything outside it. */
function drawableLogo(brand: Brand): BrandLook['logo'] {
  if (!brand.logo) return undefined;
  const bytes = Buffer.from(brand.logo.dataBase64, 'base64');
  if (brand.logo.mediaType === 'image/png') {
    const isPng = bytes.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
    return isPng ? { image: `data:image/png;base64,${bytes.toString('base64')}` } : undefined;
  }
  const svg = bytes
    .toString('utf8')
    .replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '')
    .trim();
  const reachesOut = /<!|<\s*(script|image|foreignObject|use)\b|(href|src)\s*=\s*["']\s*[^#"'\s]|url\(\s*["']?[^#"')]/i.test(
    svg.replace(/<!--[\s\S]*?-->/g, ''),
  );
  return /^<svg\b/.test(svg) && !reachesOut ? { svg } : undefined;
}

function colourOr(colour: string, otherwise: string): string {
  return /^#[0-9a-fA-F]{6}$/.test(colour) ? colour.toLowerCase() : otherwise;
}

function channels(colour: string): readonly number[] {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function mix(from: string, to: string, share: number): string {
  const target = channels(to);
  return `#${channels(from)
    .map((value, i) =>
      Math.round(value + ((target[i] ?? 0) - value) * share)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`;
}

/** The contrast ratio of WCAG 2.2, from 1 to 21. */
function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = channels(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
