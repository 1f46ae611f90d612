import { createHash } from 'node:crypto';
import { messageOf } from '../base/errors.js';
import type { Deadline } from './deadline.js';
import { decideHostKey, type HostKeyNames, type HostKeyVerdict, judgeHostAndAddress } from './hostKeyPolicy.js';
import { type KnownHostEntry, keyTypeOf, knownHostName, knownHostsLine } from './knownHosts.js';
import type { KnownHostsFiles } from './knownHostsFile.js';
import { listed } from './printable.js';
import { labelOf, type ResolvedHost } from './resolvedHost.js';
import { isShortRsaKey } from './rsaSize.js';
import { type ConnectPrompts, SshError, type SshErrorOptions } from './types.js';

export interface HostKeyVerifierOptions {
  readonly host: ResolvedHost;
  readonly entries: readonly KnownHostEntry[];
  readonly files: KnownHostsFiles;
  /** The extension's own known_hosts, where accepted keys go instead of the user's. */
  readonly acceptedKeysFile: string | undefined;
  readonly prompts: ConnectPrompts | undefined;
  readonly deadline: Deadline;
  /** Told when an accepted key could not be written down. */
  readonly onNotice: (text: string) => void;
}

/** Checks the keys one host shows during one connection, and remembers what the user accepts. */
export class HostKeyVerifier {
  private trusted: Buffer | undefined;

  constructor(private readonly options: HostKeyVerifierOptions) {}

  /** Resolves when `key` is trusted; rejects with an `SshError` that says why it isn't. `address` is shown to who is asked. */
  async verify(key: Buffer, address: string | undefined): Promise<void> {
    const { host, entries, prompts } = this.options;
    if (this.trusted !== undefined) {
      // Keys are exchanged again every so often; the host stays the one it was.
      if (this.trusted.equals(key)) return;
      throw new SshError('hostKeyChanged', `${host.destination} changed its host key while it was connected.`);
    }
    if (isShortRsaKey(key, host.requiredRsaBits)) throw shortKey(host);
    const { verdict, names } = judgeHostAndAddress(entries, namesOf(host), this.addressNames(address), key);
    switch (decideHostKey(verdict, host.strictHostKeyChecking, prompts !== undefined)) {
      case 'accept':
        break;
      case 'ask':
        await this.ask(key, verdict, address);
        break;
      case 'refuse':
        throw this.refusal(key, verdict, names);
      case 'leave':
        throw this.unverifiable(key);
    }
    this.trusted = key;
  }

  /** What the address is called, where CheckHostIP wants it to be looked at, and it says more than the name. */
  private addressNames(address: string | undefined): HostKeyNames | undefined {
    const { hostName, port, checkHostIp } = this.options.host;
    if (!checkHostIp || address === undefined || address === hostName || isLoopback(address)) return undefined;
    return { name: knownHostName(address, port, undefined), bareName: knownHostName(address, 22, undefined) };
  }

  private async ask(key: Buffer, verdict: HostKeyVerdict, address: string | undefined): Promise<void> {
    const { host, prompts, deadline } = this.options;
    const question = {
      destination: host.destination,
      host: host.hostName,
      address,
      port: host.port,
      keyType: keyTypeOf(key) ?? 'unknown',
      fingerprint: fingerprintOf(key),
      otherKnownTypes: verdict.kind === 'unknown' ? verdict.otherTypes : [],
    };
    const accepted = await deadline.whileAsking(prompts?.confirmHostKey(question) ?? Promise.resolve(false));
    if (!accepted) throw this.unknown(key, verdict, 'Its key was not accepted.', { byUser: true });
    await this.remember(key);
  }

  /** The user's word holds for this connection even where it can't be written down. */
  private async remember(key: Buffer): Promise<void> {
    const { host, files, acceptedKeysFile, onNotice } = this.options;
    const [file] = acceptedKeysFile === undefined ? host.userKnownHostsFiles : [acceptedKeysFile];
    if (file === undefined) return;
    const { name } = namesOf(host);
    const type = keyTypeOf(key) ?? '';
    try {
      // A name from the configuration could make the line mean another host, or all of them.
      if (/[\s,*?!|#@]/.test(name)) throw new Error(`"${name}" is no name for known_hosts`);
      await files.append(file, knownHostsLine(name, type, key, host.hashKnownHosts));
    } catch (error) {
      onNotice(`The key of ${host.destination} was accepted but not saved in ${file}: ${messageOf(error)}`);
    }
  }

  private refusal(key: Buffer, verdict: HostKeyVerdict, { name }: HostKeyNames): SshError {
    const { host } = this.options;
    switch (verdict.kind) {
      case 'changed': {
        const { file, line } = verdict;
        return new SshError(
          'hostKeyChanged',
          `Host key changed: ${this.shown(key)} is not the one in ${file} line ${line}: somebody may be in the middle, and nothing was sent.`,
          `If the host was installed anew, forget its old key: ssh-keygen -f "${file}" -R "${name}".`,
          { hostKey: { name, file, line } },
        );
      }
      case 'revoked':
        return new SshError(
          'hostKeyRevoked',
          `Revoked host key: ${this.shown(key)} was revoked in ${verdict.file} line ${verdict.line}: it must not be trusted.`,
          `Whoever runs ${host.destination} has to give it a new key.`,
        );
      default:
        return this.unknown(
          key,
          verdict,
          host.strictHostKeyChecking === 'yes'
            ? 'StrictHostKeyChecking is "yes" in your ssh configuration: add its key to known_hosts first.'
            : 'Connect to it yourself once, to check its key and accept it.',
        );
    }
  }

  private unknown(key: Buffer, verdict: HostKeyVerdict, advice: string, options?: SshErrorOptions): SshError {
    const otherTypes = verdict.kind === 'unknown' ? verdict.otherTypes : [];
    const known = otherTypes.length > 0 ? ` (known are only its keys of type ${listed(otherTypes)})` : '';
    return new SshError(
      'hostKeyUnknown',
      `Unknown host key: ${this.shown(key)} is not known${known}.`,
      advice,
      options,
    );
  }

  private unverifiable(key: Buffer): SshError {
    const { destination } = this.options.host;
    return new SshError(
      'hostKeyUnverifiable',
      `Host key not checked: ${this.shown(key)} is to be vouched for by an authority (@cert-authority in known_hosts), which ssh2 can't check.`,
      "Have the transport chosen automatically, or set it to the system's ssh.",
      { opensshMay: `known_hosts trusts an authority for ${destination}, whose certificates ssh2 can't check.` },
    );
  }

  private shown(key: Buffer): string {
    return `the ${keyTypeOf(key) ?? 'host'} key of ${labelOf(this.options.host)}, ${fingerprintOf(key)},`;
  }
}

/** ssh does not compare these: every machine has them. */
function isLoopback(address: string): boolean {
  return address === '::1' || /^(?:::ffff:)?127\./.test(address);
}

/** Of a host whose RSA key is shorter than RequiredRSASize. */
export function shortKey(host: ResolvedHost): SshError {
  return new SshError(
    'hostKeyUnknown',
    `Host key not taken: the RSA key of ${labelOf(host)} has fewer than ${host.requiredRsaBits} bits (RequiredRSASize).`,
    'Whoever runs it has to give it a longer key, or one of another type.',
  );
}

export function namesOf(host: ResolvedHost): HostKeyNames {
  return {
    name: knownHostName(host.hostName, host.port, host.hostKeyAlias),
    bareName: knownHostName(host.hostName, 22, host.hostKeyAlias),
  };
}

/** As `ssh-keygen -l` prints it. */
export function fingerprintOf(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
