import { createHash } from 'node:crypto';
import { messageOf } from '../base/errors.js';
import type { Deadline } from './deadline.js';
import { decideHostKey, type HostKeyNames, type HostKeyVerdict, judgeHostKey } from './hostKeyPolicy.js';
import { type KnownHostEntry, keyTypeOf, knownHostName, knownHostsLine } from './knownHosts.js';
import type { KnownHostsFiles } from './knownHostsFile.js';
import { listed } from './printable.js';
import { labelOf, type ResolvedHost } from './resolvedHost.js';
import { type ConnectPrompts, SshError } from './types.js';

export interface HostKeyVerifierOptions {
  readonly host: ResolvedHost;
  readonly entries: readonly KnownHostEntry[];
  readonly files: KnownHostsFiles;
  readonly prompts: ConnectPrompts | undefined;
  readonly deadline: Deadline;
  /** Told when an accepted key could not be written down. */
  readonly onNotice: (text: string) => void;
}

/** Checks the keys one host shows during one connection, and remembers what the user accepts. */
export class HostKeyVerifier {
  private trusted: Buffer | undefined;

  constructor(private readonly options: HostKeyVerifierOptions) {}

  /** Resolves when `key` is trusted; rejects with an `SshError` that says why it isn't. */
  async verify(key: Buffer): Promise<void> {
    const { host, entries, prompts } = this.options;
    if (this.trusted !== undefined) {
      // Keys are exchanged again every so often; the host stays the one it was.
      if (this.trusted.equals(key)) return;
      throw new SshError('hostKeyChanged', `${host.destination} changed its host key while it was connected.`);
    }
    const verdict = judgeHostKey(entries, namesOf(host), key);
    switch (decideHostKey(verdict, host.strictHostKeyChecking, prompts !== undefined)) {
      case 'accept':
        break;
      case 'ask':
        await this.ask(key, verdict);
        break;
      case 'refuse':
        throw this.refusal(key, verdict);
    }
    this.trusted = key;
  }

  private async ask(key: Buffer, verdict: HostKeyVerdict): Promise<void> {
    const { host, prompts, deadline } = this.options;
    const question = {
      destination: host.destination,
      host: host.hostName,
      port: host.port,
      keyType: keyTypeOf(key) ?? 'unknown',
      fingerprint: fingerprintOf(key),
      otherKnownTypes: verdict.kind === 'unknown' ? verdict.otherTypes : [],
    };
    const accepted = await deadline.whileAsking(prompts?.confirmHostKey(question) ?? Promise.resolve(false));
    if (!accepted) throw this.unknown(key, verdict, 'Its key was not accepted.');
    await this.remember(key);
  }

  /** The user's word holds for this connection even where it can't be written down. */
  private async remember(key: Buffer): Promise<void> {
    const { host, files, onNotice } = this.options;
    const [file] = host.userKnownHostsFiles;
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

  private refusal(key: Buffer, verdict: HostKeyVerdict): SshError {
    const { host } = this.options;
    switch (verdict.kind) {
      case 'changed':
        return new SshError(
          'hostKeyChanged',
          `${this.shown(key)} is not the one in ${verdict.file} line ${verdict.line}: somebody may be in the middle, and nothing was sent.`,
          `If the host was installed anew, forget its old key: ssh-keygen -f "${verdict.file}" -R "${namesOf(host).name}".`,
        );
      case 'revoked':
        return new SshError(
          'hostKeyRevoked',
          `${this.shown(key)} was revoked in ${verdict.file} line ${verdict.line}: it must not be trusted.`,
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

  private unknown(key: Buffer, verdict: HostKeyVerdict, advice: string): SshError {
    const { otherTypes, certAuthority } =
      verdict.kind === 'unknown' ? verdict : { otherTypes: [], certAuthority: false };
    const known = otherTypes.length > 0 ? ` (known are only its keys of type ${listed(otherTypes)})` : '';
    const authority = certAuthority
      ? ' known_hosts trusts an authority for it, but certificates of hosts are not supported yet.'
      : '';
    return new SshError('hostKeyUnknown', `${this.shown(key)} is not known${known}.${authority}`, advice);
  }

  private shown(key: Buffer): string {
    return `The ${keyTypeOf(key) ?? 'host'} key of ${labelOf(this.options.host)}, ${fingerprintOf(key)},`;
  }
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
