import { type FileHandle, open, readFile } from 'node:fs/promises';
import { messageOf } from '../base/errors.js';
import type { SshEnvironment } from './environment.js';
import { keyFormatOf, publicKeyOf } from './keyFormat.js';
import { isMissing } from './knownHostsFile.js';

/** A key file of the user that is there. Its text is a secret: it goes to ssh2 and nowhere else. */
export type IdentityFile =
  | {
      readonly kind: 'plain' | 'encrypted';
      readonly path: string;
      readonly text: string;
      /** Undefined where only the decrypted key would tell. */
      readonly publicKey: Buffer | undefined;
    }
  | {
      /** Names a key that only the agent has. */
      readonly kind: 'public';
      readonly path: string;
      readonly publicKey: Buffer;
    }
  | {
      readonly kind: 'unusable';
      readonly path: string;
      readonly reason: string;
      /** Whether the system's own ssh reads it. */
      readonly opensshMay: boolean;
    };

/** No key is larger; something else named by mistake may be. */
const maxKeyBytes = 64 * 1024;

/** Reads the identity files in their order. Those that don't exist are left out: most of ssh's default list never does. */
export async function loadIdentityFiles(
  paths: readonly string[],
  environment: SshEnvironment,
): Promise<readonly IdentityFile[]> {
  const files = await Promise.all([...new Set(paths)].map((path) => loadIdentityFile(path, environment)));
  return files.filter((file) => file !== undefined);
}

async function loadIdentityFile(path: string, environment: SshEnvironment): Promise<IdentityFile | undefined> {
  let read: { readonly text: string; readonly mode: number };
  try {
    read = await readPrivately(path);
  } catch (error) {
    // A .pub alone names a key in the agent.
    if (isMissing(error)) return publicOnly(path);
    return { kind: 'unusable', path, reason: messageOf(error), opensshMay: false };
  }
  const format = keyFormatOf(read.text);
  if (format.kind === 'unusable') return { ...format, path };
  if (format.kind === 'public') return { kind: 'public', path, publicKey: format.publicKey };
  // ssh refuses such a key as well; Windows keeps no modes.
  if (environment.platform !== 'win32' && (read.mode & 0o077) !== 0) {
    const mode = (read.mode & 0o777).toString(8).padStart(4, '0');
    return {
      kind: 'unusable',
      path,
      opensshMay: false,
      reason: `others can read it (mode ${mode}); chmod 600 makes it private`,
    };
  }
  const publicKey = format.publicKey ?? (await readPublicKey(`${path}.pub`));
  return { kind: format.kind, path, text: read.text, publicKey };
}

/** Mode and text of the same file, whatever happens to its name meanwhile. */
async function readPrivately(path: string): Promise<{ readonly text: string; readonly mode: number }> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { mode, size } = await file.stat();
    if (size > maxKeyBytes) throw new Error('it is too large to be a key');
    return { text: await file.readFile('utf8'), mode };
  } finally {
    await file?.close();
  }
}

async function publicOnly(path: string): Promise<IdentityFile | undefined> {
  const publicKey = await readPublicKey(`${path}.pub`);
  return publicKey === undefined ? undefined : { kind: 'public', path, publicKey };
}

async function readPublicKey(path: string): Promise<Buffer | undefined> {
  try {
    return publicKeyOf(await readFile(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether a key signs only by a touch of its device, which ssh2 has no words for. */
export function isOfSecurityDevice(publicKey: Buffer | undefined): boolean {
  return publicKey?.toString('latin1', 4, 7) === 'sk-';
}
