import { UserError } from '../base/errors.js';
import type { DomainDescription } from './domain.js';
import { attribute, bytesOf, child, children, countOf, rootOf, textOf, type XmlNode } from './xml.js';

/** nova's namespace without its version: 1.0, 1.1. */
const novaNamespace = /^http:\/\/openstack\.org\/xmlns\/libvirt\/nova\//;
/** Any namespace of CloudStack's: what it has written since its pull request 11061 (2025) could not be seen here. */
const cloudStackNamespace = /cloudstack/i;

/** Later commands address the domain by what stands here: nothing but a UUID may. */
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What a domain's XML tells of it. Throws a `UserError` for what is no domain XML. */
export function parseDomainXml(text: string): DomainDescription {
  const domain = rootOf(text, 'domain', 'dumpxml');
  const uuid = textOf(child(domain, 'uuid'));
  // As it stands: events tell of a domain by its name alone, and libvirt lets one begin and end with spaces.
  const name = child(domain, 'name')?._ ?? blankName(text);
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
    virtType: attribute(domain, 'type'),
  };
}

/** Even one of nothing but spaces, of which the parser keeps nothing. libvirt writes the domain's own name first. */
function blankName(text: string): string | undefined {
  return /<name>(\s+)<\/name>/.exec(text)?.[1];
}

/** The display name in a platform's `<instance>`, by namespace, since the prefix is anyone's choice and others may have one. */
function instanceName(metadata: XmlNode | undefined, namespace: RegExp, names: readonly string[]): string | undefined {
  for (const instance of children(metadata, 'instance')) {
    if (!namespace.test(instance.$ns?.uri ?? '')) continue;
    for (const name of names) {
      const text = textOf(child(instance, name));
      if (text !== undefined) return text;
    }
  }
  return undefined;
}

/** CloudStack names its guests i-ACCOUNT-ID-VM, and routers, console proxies and storage VMs r-, v- and s-ID-VM. */
function isCloudStack(domain: XmlNode, name: string): boolean {
  const system = /^[rsv]-\d+-VM$/.test(name);
  return system || (/^i-\d+-\d+-VM$/.test(name) && textOf(child(domain, 'description')) !== undefined);
}
