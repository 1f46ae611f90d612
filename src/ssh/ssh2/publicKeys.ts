import type { AnyAuthMethod, ParsedKey } from 'ssh2';
import { messageOf } from '../../base/errors.js';
import type { Credentials } from '../credentials.js';
import type { Deadline } from '../deadline.js';
import { fingerprintOf } from '../hostKeyVerifier.js';
import { type IdentityFile, isOfSecurityDevice } from '../keys.js';
import { printable } from '../printable.js';
import type { ResolvedHost } from '../resolvedHost.js';
import { isShortRsaKey } from '../rsaSize.js';
import { guardedAgent, loadAgentKeys, probingAgent } from './agentKeys.js';
import { mayOffer } from './algorithms.js';
import type { Ssh2 } from './authentication.js';

/** As ssh's NumberOfPasswordPrompts. */
const maxPassphraseAttempts = 3;

export interface PublicKeysOptions {
  readonly ssh2: Ssh2;
  readonly host: ResolvedHost;
  /** See `chooseAgent`. */
  readonly agent: string | undefined;
  readonly identityFiles: readonly IdentityFile[];
  /** Those that are there, which ssh2 can't show. */
  readonly certificates: readonly string[];
  readonly credentials: Credentials;
  readonly deadline: Deadline;
  readonly isOver: () => boolean;
}

/**
 * The keys that are offered to one server: the agent's, then the files'. A passphrase is asked only for a key that the server
 * has said it would accept, where the key file tells its public half.
 */
export class PublicKeys {
  /** Each by its name and fingerprint. */
  readonly offered: string[] = [];
  /** Each with the reason. */
  readonly notOffered: string[] = [];
  /** A key that the system's own ssh could use, by its name. */
  forOpenssh: string | undefined;
  /** Whether the agent has signed, and the server let nobody in for that alone. */
  get taken(): boolean {
    return this.signatures > 0;
  }

  private signatures = 0;
  private readonly offeredKeys = new Set<string>();

  constructor(private readonly options: PublicKeysOptions) {}

  async *attempts(): AsyncGenerator<AnyAuthMethod, void> {
    yield* this.agentAttempts();
    for (const file of this.options.identityFiles) yield* this.fileAttempts(file);
    for (const path of this.options.certificates) {
      this.forOpenssh ??= `the certificate ${path}`;
      this.notOffered.push(`${path} (a certificate, which only ssh can show)`);
    }
    const { pkcs11Provider } = this.options.host;
    if (pkcs11Provider === undefined) return;
    this.forOpenssh ??= 'a smartcard';
    this.notOffered.push(`the keys of ${printable(pkcs11Provider)} (a PKCS11Provider, which only ssh can use)`);
  }

  /** Keys of the agent: first those the configuration names, then the others unless IdentitiesOnly. */
  private async *agentAttempts(): AsyncGenerator<AnyAuthMethod, void> {
    const { ssh2, agent: path, host, identityFiles, deadline, credentials, isOver } = this.options;
    if (path === undefined) return;
    let loaded: Awaited<ReturnType<typeof loadAgentKeys>>;
    try {
      loaded = await loadAgentKeys(ssh2, path);
    } catch (error) {
      this.notOffered.push(`the agent at ${path} (${printable(messageOf(error))})`);
      return;
    }
    if (loaded.others > 0) this.forOpenssh ??= 'a key of the agent';
    const named = identityFiles.flatMap((file) => {
      const wanted = file.kind === 'unusable' ? undefined : file.publicKey;
      return loaded.keys.filter((key) => wanted?.equals(key.getPublicSSH()) === true);
    });
    const others = host.identitiesOnly ? [] : loaded.keys.filter((key) => !named.includes(key));
    for (const key of [...new Set(named), ...others]) {
      if (!this.note(key, `${printable(key.comment) || key.type} of the agent`)) continue;
      const signedBefore = this.signatures;
      const agent = guardedAgent(ssh2, loaded.agent, [key], {
        isOver,
        // An agent may ask its user to confirm, or to touch a device.
        waiting: (signing) => (credentials.canAsk ? deadline.whileAsking(signing) : signing),
        onSigned: () => (this.signatures += 1),
      });
      yield { type: 'agent', username: host.user, agent };
      // The server has taken it and wants more: ssh2 does not tell what, after an agent. Asked again, the server does.
      if (this.signatures > signedBefore) yield { type: 'none', username: host.user };
    }
  }

  private async *fileAttempts(file: IdentityFile): AsyncGenerator<AnyAuthMethod, void> {
    const { ssh2, host } = this.options;
    const username = host.user;
    if (file.kind === 'unusable') {
      if (file.opensshMay) this.forOpenssh ??= file.path;
      this.notOffered.push(`${file.path} (${file.reason})`);
      return;
    }
    if (file.publicKey !== undefined && this.offeredKeys.has(file.publicKey.toString('base64'))) return;
    if (file.kind === 'public') {
      if (isOfSecurityDevice(file.publicKey)) this.forOpenssh ??= file.path;
      this.notOffered.push(`${file.path} (only its public half is there, and the agent does not have it)`);
      return;
    }
    if (file.kind === 'plain') {
      const key = parsed(ssh2, file.text);
      if (key instanceof Error) this.notOffered.push(`${file.path} (${printable(key.message)})`);
      else if (this.note(key, file.path)) yield { type: 'publickey', username, key };
      return;
    }
    const publicKey = file.publicKey === undefined ? undefined : parsed(ssh2, file.publicKey);
    if (publicKey !== undefined && !(publicKey instanceof Error)) {
      if (!this.note(publicKey, file.path)) return;
      const probe = { wouldAccept: false };
      yield { type: 'agent', username, agent: probingAgent(ssh2, publicKey, () => (probe.wouldAccept = true)) };
      if (!probe.wouldAccept) return;
    }
    const key = await this.unlock(file.path, file.text);
    if (key === undefined || !this.note(key, file.path)) return;
    yield { type: 'publickey', username, key };
  }

  private async unlock(path: string, text: string): Promise<ParsedKey | undefined> {
    const { ssh2, deadline, credentials, isOver } = this.options;
    for (let attempt = 1; attempt <= maxPassphraseAttempts && !isOver(); attempt += 1) {
      const passphrase = await deadline.whileAsking(credentials.passphrase(path, attempt));
      if (passphrase === undefined) {
        this.notOffered.push(
          `${path} (${credentials.canAsk ? 'no passphrase was given' : 'its passphrase is asked only when you connect yourself'})`,
        );
        return undefined;
      }
      const key = parsed(ssh2, text, passphrase);
      if (!(key instanceof Error)) return key;
    }
    this.notOffered.push(`${path} (the passphrase was wrong, or its encryption is not supported)`);
    return undefined;
  }

  /** Whether the key may be offered; each is noted once. */
  private note(key: ParsedKey, name: string): boolean {
    const publicKey = key.getPublicSSH();
    if (!mayOffer(key.type, this.options.host.algorithms.publicKeys)) {
      this.notOffered.push(`${name} (PubkeyAcceptedAlgorithms leaves out ${key.type})`);
      return false;
    }
    const { requiredRsaBits } = this.options.host;
    if (isShortRsaKey(publicKey, requiredRsaBits)) {
      this.notOffered.push(`${name} (it has fewer than ${requiredRsaBits} bits: RequiredRSASize)`);
      return false;
    }
    const known = this.offeredKeys.size;
    this.offeredKeys.add(publicKey.toString('base64'));
    if (this.offeredKeys.size > known) this.offered.push(`${name} (${fingerprintOf(publicKey)})`);
    return true;
  }
}

/** ssh2 returns its errors here, except for a few that it throws. */
function parsed(ssh2: Ssh2, key: Buffer | string, passphrase?: string): ParsedKey | Error {
  try {
    // Undefined for a file with no key in it, though its types don't say so.
    const result = ssh2.utils.parseKey(key, passphrase) as ParsedKey | Error | undefined;
    return result ?? new Error('it holds no key');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
