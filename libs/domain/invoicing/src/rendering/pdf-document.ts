import { createRequire } from 'node:module';
import type { Instant } from '@tollkeeper/kernel';
import type { Brand } from '@tollkeeper/tenancy';
import { brandLook, type BrandLook } from './brand-look.js';
import { contentWidth, hairline, ink, muted, page, type PdfNode } from './paper.js';
import type { Wording } from './wording.js';

export interface DocumentParts {
  readonly title: string;
  /** Printed small at the top of every page after the first, and at its foot. */
  readonly runningTitle: string;
  readonly author: string;
  readonly createdAt: Instant;
  readonly content: (look: BrandLook) => PdfNode[];
  readonly footer: string;
}

/**
 * Lays the parts out on the brand's paper. A logo that cannot be drawn must not keep an invoice from its customer: the
 * document is then made again with the brand's name in its place.
 */
export async function toPdf(brand: Brand, words: Wording, parts: DocumentParts): Promise<Uint8Array> {
  const pdfmake = await loadPdfMake();
  const look = brandLook(brand);
  try {
    return await render(pdfmake, look, words, parts);
  } catch (error) {
    if (look.logo === undefined) throw error;
    return await render(pdfmake, { ...look, logo: undefined }, words, parts);
  }
}

type PdfMake = Awaited<ReturnType<typeof importPdfMake>>;

let loaded: Promise<PdfMake> | undefined;

/** pdfmake and its fonts weigh two megabytes, and most users of this library never render: they are loaded at first use. */
function loadPdfMake(): Promise<PdfMake> {
  loaded ??= importPdfMake();
  return loaded;
}

/** The fonts lie in memory under the paths of their files, because the text of an SVG logo asks for them by path. */
async function importPdfMake() {
  const [{ default: pdfmake }, { default: fonts }] = await Promise.all([import('pdfmake'), import('pdfmake/build/vfs_fonts.js')]);
  const { resolve } = createRequire(import.meta.url);
  const font = (name: string): string => {
    const path = resolve(`pdfmake/fonts/Roboto/${name}`);
    pdfmake.virtualfs.writeFileSync(path, fonts[name] ?? '', 'base64');
    return path;
  };
  pdfmake.setFonts({
    Roboto: {
      normal: font('Roboto-Regular.ttf'),
      bold: font('Roboto-Medium.ttf'),
      italics: font('Roboto-Italic.ttf'),
      bolditalics: font('Roboto-MediumItalic.ttf'),
    },
  });
  pdfmake.setUrlAccessPolicy(() => false);
  pdfmake.setLocalAccessPolicy(() => false);
  return pdfmake;
}

async function render(pdfmake: PdfMake, look: BrandLook, words: Wording, parts: DocumentParts): Promise<Uint8Array> {
  const created = new Date(parts.createdAt);
  const definition = {
    pageSize: 'A4',
    pageMargins: [page.left, page.top, page.right, page.bottom],
    language: words.locale,
    info: {
      title: parts.title,
      author: parts.author,
      creator: 'Tollkeeper',
      producer: 'Tollkeeper',
      creationDate: created,
      modDate: created,
    },
    defaultStyle: { font: 'Roboto', fontSize: 9, color: ink, lineHeight: 1.15 },
    background: (current: number) => band(look, current),
    header: (current: number) => (current === 1 ? null : runningHead(look, parts.runningTitle)),
    footer: (current: number, count: number) => foot(words, parts.footer, current, count),
    content: parts.content(look),
  };
  const buffer = await pdfmake.createPdf(definition).getBuffer();
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

/** The brand's colour along the top edge, with a stroke of the accent; slimmer after the first page. */
function band(look: BrandLook, current: number): PdfNode {
  const height = current === 1 ? 14 : 6;
  const accent = 120;
  return {
    canvas: [
      { type: 'rect', x: 0, y: 0, w: page.width, h: height, color: look.primary },
      { type: 'rect', x: page.width - page.right - accent, y: 0, w: accent, h: height, color: look.accent },
    ],
  };
}

function runningHead(look: BrandLook, title: string): PdfNode {
  return {
    margin: [page.left, 22, page.right, 0],
    columns: [
      { text: look.name, bold: true, fontSize: 8, color: look.primaryInk },
      { text: title, alignment: 'right', fontSize: 8, color: muted },
    ],
  };
}

function foot(words: Wording, text: string, current: number, count: number): PdfNode {
  return {
    margin: [page.left, 14, page.right, 0],
    stack: [
      { canvas: [{ type: 'line', x1: 0, y1: 0, x2: contentWidth, y2: 0, lineWidth: 0.5, lineColor: hairline }] },
      {
        margin: [0, 6, 0, 0],
        columns: [
          { text, fontSize: 7, color: muted, width: '*' },
          { text: words.pageOf(current, count), fontSize: 7, color: muted, alignment: 'right', width: 90 },
        ],
      },
    ],
  };
}
