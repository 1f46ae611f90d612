import type * as Ssh2Module from 'ssh2';
import type { BaseAgent, IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';

type Ssh2 = typeof Ssh2Module;

/** Asks an agent what keys it has. `others` counts those of kinds that ssh2 can't use: devices', certificates. */
export function loadAgentKeys(
  ssh2: Ssh2,
  path: string,
): Promise<{ readonly agent: BaseAgent; readonly keys: readonly ParsedKey[]; readonly others: number }> {
  const agent = ssh2.createAgent(path);
  return new Promise((resolve, reject) => {
    agent.getIdentities((error, keys) => {
      if (error instanceof Error) reject(error);
      else {
        const all = keys ?? [];
        const usable = all.flatMap((key) => parsedKey(ssh2, key));
        resolve({ agent, keys: usable, others: all.length - usable.length });
      }
    });
  });
}

function parsedKey(ssh2: Ssh2, key: unknown): ParsedKey[] {
  if (typeof key === 'object' && key !== null && 'pubKey' in key) return parsedKey(ssh2, key.pubKey);
  const parsed = ssh2.utils.parseKey(key as ParsedKey);
  return parsed instanceof Error ? [] : [parsed];
}

/** Some of an agent's keys. What it signs after `isOver` is dropped: ssh2 would throw at it. */
export function guardedAgent(
  ssh2: Ssh2,
  agent: BaseAgent,
  keys: readonly ParsedKey[],
  guard: { isOver(): boolean; waiting(signing: Promise<void>): Promise<void>; onSigned(): void },
): BaseAgent<ParsedKey> {
  return agentOf(ssh2, keys, (key, data, options, callback) => {
    const signing = new Promise<void>((resolve) => {
      agent.sign(key, data, options, (error, signature) => {
        resolve();
        if (guard.isOver()) return;
        if (signature !== undefined) guard.onSigned();
        callback(error, signature);
      });
    });
    void guard.waiting(signing);
  });
}

/** Offers a public key, to learn whether the server would accept it, and signs nothing. */
export function probingAgent(ssh2: Ssh2, publicKey: ParsedKey, onWouldAccept: () => void): BaseAgent<ParsedKey> {
  return agentOf(ssh2, [publicKey], (_key, _data, _options, callback) => {
    onWouldAccept();
    callback(new Error('only asked'));
  });
}

type Sign = (key: ParsedKey, data: Buffer, options: SigningRequestOptions, callback: SignCallback) => void;

/** A class made on the spot, since ssh2 knows agents by their base class and is loaded late. */
function agentOf(ssh2: Ssh2, keys: readonly ParsedKey[], sign: Sign): BaseAgent<ParsedKey> {
  class Agent extends ssh2.BaseAgent<ParsedKey> {
    override getIdentities(callback: IdentityCallback<ParsedKey>): void {
      callback(null, [...keys]);
    }

    override sign(
      key: ParsedKey,
      data: Buffer,
      options: SigningRequestOptions | SignCallback,
      callback?: SignCallback,
    ): void {
      if (typeof options === 'function') sign(key, data, {}, options);
      else if (callback !== undefined) sign(key, data, options, callback);
    }
  }
  return new Agent();
}
