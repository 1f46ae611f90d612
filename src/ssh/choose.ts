import { stat } from 'node:fs/promises';
import type { SshEnvironment } from './environment.js';
import { type IdentityFile, isOfSecurityDevice, loadIdentityFiles } from './keys.js';
import type { ResolvedHost } from './resolvedHost.js';
import type { TransportName } from './types.js';

/** The setting `libvirt.ssh.transport`. */
export type TransportChoice = 'auto' | TransportName;

/** What of a login lies in files. */
export interface LoginFiles {
  readonly identities: readonly IdentityFile[];
  /** Those of the certificates, named by the configuration or beside an identity, that are there. */
  readonly certificates: readonly string[];
}

/**
 * Why a host needs the system's own ssh: a sentence for the log; undefined where this process can do all that its
 * configuration asks for, as far as that can be told beforehand.
 */
export function whyOpenssh(host: ResolvedHost, { identities, certificates }: LoginFiles): string | undefined {
  const [certificate] = certificates;
  if (certificate !== undefined) return `${host.destination} is logged in to with the certificate ${certificate}.`;
  if (host.revokedHostKeys !== undefined) return `${host.destination} has RevokedHostKeys, which only ssh can read.`;
  if (host.knownHostsCommand !== undefined) return `${host.destination} has a KnownHostsCommand, which only ssh runs.`;
  if (host.pkcs11Provider !== undefined) return `${host.destination} is logged in to with a smartcard.`;
  const security = identities.find((file) => file.kind !== 'unusable' && isOfSecurityDevice(file.publicKey));
  const onDevice = identities.find((file) => file.kind === 'unusable' && file.opensshMay);
  const path = (security ?? onDevice)?.path;
  return path === undefined ? undefined : `${host.destination} is logged in to with ${path}, which only ssh can read.`;
}

/** Reads what `whyOpenssh` needs. Never rejects: what can't be read is not there. */
export async function loginFiles(host: ResolvedHost, environment: SshEnvironment): Promise<LoginFiles> {
  const besides = host.identityFiles.map((path) => `${path}-cert.pub`);
  const [identities, certificates] = await Promise.all([
    loadIdentityFiles(host.identityFiles, environment),
    Promise.all([...host.certificateFiles, ...besides].map(async (path) => ((await isThere(path)) ? [path] : []))),
  ]);
  return { identities, certificates: certificates.flat() };
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
