/** A node of pdfmake's document tree. pdfmake writes into it while laying out, so every rendering builds a fresh one. */
export type PdfNode = string | PdfNode[] | { [key: string]: PdfValue };
export type PdfValue = PdfNode | number | boolean | undefined | null | PdfValue[] | ((...args: never[]) => unknown);

/** A4 in points. */
export const page = { width: 595.28, height: 841.89, left: 48, right: 48, top: 56, bottom: 64 } as const;
export const contentWidth = page.width - page.left - page.right;

export const ink = '#1f2933';
export const muted = '#66717e';
export const hairline = '#dde2e8';
