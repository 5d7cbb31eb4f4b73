import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { bankFileProblem } from './incoming-payment.js';

/** An element: its children by local name, always as lists; its text; its attributes. */
export interface XmlElement {
  readonly [name: string]: string | readonly XmlElement[] | Readonly<Record<string, string>> | undefined;
}

const textKey = '#text';
const attributesKey = '@';
const deepestNesting = 40;

/** Encodings that banks write; each is a label of the WHATWG Encoding Standard. */
const encodings = new Set(['utf-8', 'utf8', 'us-ascii', 'iso-8859-1', 'iso-8859-15', 'windows-1252']);

/**
 * Parses a bank's XML. A document type is refused whole, so that there are no entities to expand or to fetch, and what the
 * parser could mend by guessing (a cut file, unbalanced tags) is refused with its line.
 */
export function parseXml(bytes: Uint8Array): XmlElement {
  const text = decode(bytes);
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) {
    throw bankFileProblem(
      'malformed',
      'DOCTYPE',
      'The file declares a document type, which bank files do not have; it is refused.',
    );
  }
  const validity = XMLValidator.validate(text);
  if (validity !== true) {
    const { msg, line } = validity.err;
    const cut = !/>\s*$/.test(text) || /expected closing|unclosed|not closed/i.test(msg);
    throw bankFileProblem(
      cut ? 'cut' : 'malformed',
      `line ${line}`,
      cut
        ? `The XML ends before its elements are closed (${msg}). Fetch the file from the bank again.`
        : `The XML is not well-formed: ${msg}`,
    );
  }
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributesGroupName: attributesKey,
    attributeNamePrefix: '',
    textNodeName: textKey,
    alwaysCreateTextNode: true,
    removeNSPrefix: true,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: true,
    ignoreDeclaration: true,
    ignorePiTags: true,
    processEntities: false,
    maxNestedTags: deepestNesting,
    isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
  });
  try {
    return parser.parse(text) as XmlElement;
  } catch (error) {
    throw bankFileProblem('malformed', '', `The XML cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function decode(bytes: Uint8Array): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff) || bytes[0] === 0 || bytes[1] === 0) {
    throw bankFileProblem(
      'encoding',
      'line 1',
      'The file is UTF-16; bank files are UTF-8. Fetch it from the bank again without converting it.',
    );
  }
  const prolog = new TextDecoder('latin1').decode(bytes.subarray(0, 200));
  const declared =
    /^(?:\u00EF\u00BB\u00BF)?\s*<\?xml[^>]*encoding\s*=\s*["']([^"']+)["']/.exec(prolog)?.[1]?.toLowerCase() ?? 'utf-8';
  if (!encodings.has(declared))
    throw bankFileProblem('encoding', 'line 1', `The file says it is “${declared}”; UTF-8 and ISO 8859-1 are read.`);
  try {
    return new TextDecoder(declared, { fatal: true }).decode(bytes);
  } catch {
    throw bankFileProblem(
      'encoding',
      'line 1',
      `The file says it is ${declared}, but its bytes are not. Fetch it from the bank again without converting it.`,
    );
  }
}

/** The children of that name; a path of several names goes down through the first of each. */
export function all(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  const found = element?.[name];
  return Array.isArray(found) ? (found as readonly XmlElement[]) : [];
}

export function first(element: XmlElement | undefined, ...names: readonly string[]): XmlElement | undefined {
  let at = element;
  for (const name of names) at = all(at, name)[0];
  return at;
}

/** The text of the first element down the path; undefined when it is absent or empty. */
export function textAt(element: XmlElement | undefined, ...names: readonly string[]): string | undefined {
  const text = first(element, ...names)?.[textKey];
  return typeof text === 'string' && text !== '' ? decodeReferences(text) : undefined;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The five predefined entities and character references of XML, in one pass; there are no others without a document type. */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w+));/g, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named[name] ?? whole;
    const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}

export function attribute(element: XmlElement | undefined, name: string): string | undefined {
  const attributes = element?.[attributesKey];
  if (attributes === undefined || typeof attributes === 'string' || Array.isArray(attributes)) return undefined;
  return (attributes as Readonly<Record<string, string>>)[name];
}
