import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';
import { refuse } from '../shell/check.js';

/** A logo that is larger is a photograph; it also has to fit into a chain entry. */
const largestSvgBytes = 64 * 1024;
const deepest = 32;

/** Drawing, and nothing that runs, loads, links or embeds. `style` is left out: CSS can load. */
const drawing = new Set(
  (
    'svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop ' +
    'clipPath mask pattern marker filter feGaussianBlur feOffset feBlend feFlood feComposite feMerge feMergeNode feColorMatrix'
  ).split(' '),
);

const attributePrefix = '@';
const options = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: attributePrefix,
  processEntities: false,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
} as const;

type Node = Readonly<Record<string, unknown>>;

/**
 * The SVG text with only drawing left in it: allow-listed elements, no event handlers, no styles, no reference that
 * leaves the picture. @throws Problem `invalid_request` when it is too large, not XML, or not an SVG.
 */
export function cleanSvg(text: string, param: string): string {
  const bytes = Buffer.byteLength(text);
  if (bytes > largestSvgBytes)
    refuse(param, `The logo has ${bytes} bytes; at most ${largestSvgBytes} are kept. Simplify the drawing.`);
  if (/<!(?!--|\[CDATA\[)/.test(text)) refuse(param, 'The logo has a document type or entity declaration; leave it out.');
  if (XMLValidator.validate(text) !== true) refuse(param, 'The logo is not well-formed XML; export it again as SVG.');
  const nodes: unknown = new XMLParser(options).parse(text);
  const kept = cleanNodes(nodes, 0);
  const [root] = kept;
  if (kept.length !== 1 || !root || !('svg' in root)) refuse(param, 'The logo is not an SVG: its only root element is <svg>.');
  return String(new XMLBuilder({ ...options, suppressEmptyNode: true }).build(kept));
}

function cleanNodes(nodes: unknown, depth: number): Node[] {
  if (!Array.isArray(nodes) || depth > deepest) return [];
  return nodes.flatMap((node: unknown) => (isNode(node) ? cleanNode(node, depth) : []));
}

function cleanNode(node: Node, depth: number): Node[] {
  if (typeof node['#text'] === 'string') return depth === 0 ? [] : [node];
  const name = Object.keys(node).find((key) => key !== ':@');
  if (name === undefined || !drawing.has(name)) return [];
  return [{ [name]: cleanNodes(node[name], depth + 1), ':@': cleanAttributes(node[':@']) }];
}

function cleanAttributes(attributes: unknown): Node {
  if (!isNode(attributes)) return {};
  return Object.fromEntries(
    Object.entries(attributes).filter(([key, value]) => isHarmless(key.slice(attributePrefix.length), String(value))),
  );
}

/** A reference is kept when it begins with # (inside the picture), and a value when it loads nothing. */
function isHarmless(name: string, value: string): boolean {
  if (/^on/i.test(name) || name.toLowerCase() === 'style') return false;
  if (name === 'xmlns' || name === 'xmlns:xlink') return /^http:\/\/www\.w3\.org\//.test(value);
  if (name === 'href' || name === 'xlink:href') return /^#[\w.-]+$/.test(value);
  if (!/^[a-zA-Z][\w-]*$/.test(name)) return false;
  return !/[<>]|&#|javascript:|data:|expression\(|@import/i.test(value) && !/url\(\s*['"]?(?!#)/i.test(value);
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
