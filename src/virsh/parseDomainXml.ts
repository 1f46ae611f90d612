import { parseString, processors } from 'xml2js';
import { UserError } from '../base/errors.js';
import type { DomainDescription } from './domain.js';

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

/** nova's namespace without its version: 1.0, 1.1. */
const novaNamespace = /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\//;
/** Any namespace of CloudStack's: what it has written since its pull request 11061 (2025) could not be seen here. */
const cloudStackNamespace = /cloudstack/i;

/** Later commands address the domain by what stands here: nothing but a UUID may. */
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Node {
  /** Attributes with their namespaces, since `xmlns` is asked for. */
  readonly $?: Readonly<Record<string, { readonly value: string } | undefined>>;
  readonly $ns?: { readonly uri: string; readonly local: string };
  readonly _?: string;
  readonly [child: string]: unknown;
}

/** What a domain's XML tells of it. Throws a `UserError` for what is no domain XML. The one place that knows XML. */
export function parseDomainXml(text: string): DomainDescription {
  const domain = rootOf(text);
  const uuid = textOf(child(domain, 'uuid'));
  const name = textOf(child(domain, 'name'));
  if (uuid === undefined || !uuidPattern.test(uuid) || name === undefined) {
    throw new UserError('The domain XML has no uuid or name.');
  }
  const metadata = child(domain, 'metadata');
  const nova = instanceName(metadata, novaNamespace, ['name']);
  const cloudStackName =
    nova === undefined ? instanceName(metadata, cloudStackNamespace, ['displayName', 'name']) : undefined;
  const cloudstack = nova === undefined && (cloudStackName !== undefined || isCloudStack(domain, name));
  return {
    uuid,
    name,
    title: textOf(child(domain, 'title')),
    memoryBytes: bytesOf(child(domain, 'memory')),
    vcpus: countOf(textOf(child(domain, 'vcpu'))),
    // CloudStack's agent gives the instance's internal name to the domain itself; older ones write no other.
    platformName: nova ?? cloudStackName ?? (cloudstack ? name : undefined),
    platform: nova !== undefined ? 'openstack' : cloudstack ? 'cloudstack' : undefined,
    virtType: domain.$?.['type']?.value,
  };
}

function rootOf(text: string): Node {
  const domain = parseXml(text)['domain'];
  if (!isNode(domain)) throw new UserError('What dumpxml answered is not a domain XML.');
  return domain;
}

/** Synchronous without `async`. Entities a document defines itself are not expanded by sax: its strict mode refuses them. */
function parseXml(text: string): Readonly<Record<string, unknown>> {
  const results: unknown[] = [];
  parseString(
    text,
    { xmlns: true, trim: true, tagNameProcessors: [processors.stripPrefix] },
    (error, result: unknown) => {
      results.push(error ?? result);
    },
  );
  const [first] = results;
  return isNode(first) && !(first instanceof Error) ? first : {};
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}

/** The first child element of that name, whatever its prefix. An element without attributes or children is a string. */
function child(node: Node | undefined, name: string): Node | undefined {
  const all = node?.[name];
  const first: unknown = Array.isArray(all) ? all[0] : undefined;
  return typeof first === 'string' ? { _: first } : isNode(first) ? first : undefined;
}

function textOf(node: Node | undefined): string | undefined {
  return node?._ === undefined || node._ === '' ? undefined : node._;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}

function bytesOf(node: Node | undefined): number | undefined {
  const text = textOf(node);
  const factor = memoryUnits.get(node?.$?.['unit']?.value ?? 'KiB');
  return text !== undefined && /^\d{1,18}$/.test(text) && factor !== undefined ? Number(text) * factor : undefined;
}

/** The display name in a platform's `<instance>`, by namespace, since the prefix is anyone's choice and others may have one. */
function instanceName(metadata: Node | undefined, namespace: RegExp, names: readonly string[]): string | undefined {
  const instances = metadata?.['instance'];
  for (const instance of Array.isArray(instances) ? (instances as readonly unknown[]) : []) {
    if (!isNode(instance) || !namespace.test(instance.$ns?.uri ?? '')) continue;
    for (const name of names) {
      const text = textOf(child(instance, name));
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** CloudStack names its guests i-ACCOUNT-ID-VM, and routers, console proxies and storage VMs r-, v- and s-ID-VM. */
function isCloudStack(domain: Node, name: string): boolean {
  const system = /^[rsv]-\d+-VM$/.test(name);
  return system || (/^i-\d+-\d+-VM$/.test(name) && textOf(child(domain, 'description')) !== undefined);
}
