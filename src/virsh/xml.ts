import { parseString, processors } from 'xml2js';
import { UserError } from '../base/errors.js';

/** Bytes in each of libvirt's memory units; KiB where none is told. */
const memoryUnits: ReadonlyMap<string, number> = new Map([
  ['b', 1],
  ['bytes', 1],
  ['KB', 1000],
  ['k', 1024],
  ['KiB', 1024],
  ['MB', 1e6],
  ['M', 2 ** 20],
  ['MiB', 2 ** 20],
  ['GB', 1e9],
  ['G', 2 ** 30],
  ['GiB', 2 ** 30],
  ['TB', 1e12],
  ['T', 2 ** 40],
  ['TiB', 2 ** 40],
  ['PB', 1e15],
  ['P', 2 ** 50],
  ['PiB', 2 ** 50],
  ['EB', 1e18],
  ['E', 2 ** 60],
  ['EiB', 2 ** 60],
]);

/** An element, as xml2js gives it. */
export interface XmlNode {
  /** Attributes with their namespaces, since `xmlns` is asked for. */
  readonly $?: Readonly<Record<string, { readonly value: string } | undefined>>;
  readonly $ns?: { readonly uri: string; readonly local: string };
  readonly _?: string;
  readonly [child: string]: unknown;
}

/** The root element, which must have that name. Throws a `UserError` for anything else. The one place that knows XML. */
export function rootOf(text: string, name: string, what: string): XmlNode {
  const root = asNode(parseXml(text)[name]);
  if (root === undefined) throw new UserError(`What ${what} answered is not a ${name} XML.`);
  return root;
}

/** Synchronous without `async`. Entities a document defines itself are not expanded by sax: its strict mode refuses them. */
function parseXml(text: string): Readonly<Record<string, unknown>> {
  const results: unknown[] = [];
  parseString(text, { xmlns: true, tagNameProcessors: [processors.stripPrefix] }, (error, result: unknown) => {
    results.push(error ?? result);
  });
  const [first] = results;
  return isNode(first) && !(first instanceof Error) ? first : {};
}

function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null;
}

/** An element without attributes or children is a string. */
function asNode(value: unknown): XmlNode | undefined {
  return typeof value === 'string' ? { _: value } : isNode(value) ? value : undefined;
}

/** The child elements of that name, whatever their prefix. */
export function children(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  const all = node?.[name];
  if (!Array.isArray(all)) return [];
  return (all as readonly unknown[]).map(asNode).filter((one) => one !== undefined);
}

/** The first child element of that name; of more names, its child, and so on. */
export function child(node: XmlNode | undefined, ...names: readonly string[]): XmlNode | undefined {
  return names.reduce<XmlNode | undefined>((at, name) => children(at, name)[0], node);
}

export function textOf(node: XmlNode | undefined): string | undefined {
  const text = node?._?.trim();
  return text === '' ? undefined : text;
}

export function attribute(node: XmlNode | undefined, name: string): string | undefined {
  const value = node?.$?.[name]?.value;
  return value === '' ? undefined : value;
}

export function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

export function bytesOf(node: XmlNode | undefined): number | undefined {
  const text = textOf(node);
  const factor = memoryUnits.get(node?.$?.['unit']?.value ?? 'KiB');
  return text !== undefined && /^\d{1,18}$/.test(text) && factor !== undefined ? Number(text) * factor : undefined;
}

/** An element as XML again, to hand on to virsh. Children of one name stay in their order; namespaces are not kept. */
export function toXml(node: XmlNode, name: string): string {
  const attributes = Object.entries(node.$ ?? {}).map(([key, told]) => ` ${key}='${escapeXml(told?.value ?? '')}'`);
  const inside = Object.keys(node)
    .filter((key) => key !== '$' && key !== '$ns' && key !== '_')
    .flatMap((key) => children(node, key).map((one) => toXml(one, key)));
  return `<${name}${attributes.join('')}>${escapeXml(node._ ?? '')}${inside.join('')}</${name}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
