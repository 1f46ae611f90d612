import { keyTypeOf } from './knownHosts.js';

/** What a key file holds, as far as that can be told without its passphrase. */
export type KeyFormat =
  | { readonly kind: 'plain'; readonly publicKey: Buffer | undefined }
  | {
      readonly kind: 'encrypted';
      /** Undefined where it is encrypted too. */
      readonly publicKey: Buffer | undefined;
    }
  | { readonly kind: 'public'; readonly publicKey: Buffer }
  | {
      readonly kind: 'unusable';
      readonly reason: string;
      /** Whether it is a key that the system's own ssh reads. */
      readonly opensshMay: boolean;
    };

const opensshMagic = 'openssh-key-v1\0';

/** Tells what the text of an identity file is. */
export function keyFormatOf(text: string): KeyFormat {
  const label = /^-----BEGIN ([A-Z0-9 ]+)-----\s/.exec(text.trimStart())?.[1];
  switch (label) {
    case 'OPENSSH PRIVATE KEY':
      return opensshFormat(text);
    case 'RSA PRIVATE KEY':
    case 'EC PRIVATE KEY':
      return { kind: /^Proc-Type: 4,ENCRYPTED/m.test(text) ? 'encrypted' : 'plain', publicKey: undefined };
    case 'PRIVATE KEY':
    case 'ENCRYPTED PRIVATE KEY':
      return { ...unusable('its PKCS#8 format is not read here; ssh-keygen -p writes it anew'), opensshMay: true };
    case undefined:
      break;
    default:
      return unusable(`it is a ${label.toLowerCase()}, no key for SSH`);
  }
  if (text.startsWith('PuTTY-User-Key-File-')) return unusable("it is PuTTY's; PuTTYgen exports an OpenSSH key");
  const publicKey = publicKeyOf(text);
  return publicKey === undefined ? unusable('it holds no key') : { kind: 'public', publicKey };
}

/** The key of a .pub file's line; undefined for anything else. */
export function publicKeyOf(text: string): Buffer | undefined {
  const [type, base64] = text.trim().split(/\s+/);
  if (type === undefined || base64 === undefined) return undefined;
  const key = Buffer.from(base64, 'base64');
  return keyTypeOf(key) === type ? key : undefined;
}

/** Cipher and public key stand in the clear before the encrypted part. */
function opensshFormat(text: string): KeyFormat {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]*?)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1] ?? '';
  const data = Buffer.from(body, 'base64');
  if (data.toString('latin1', 0, opensshMagic.length) !== opensshMagic) return unusable('it is damaged');
  let position = opensshMagic.length;
  const next = (): Buffer | undefined => {
    if (position + 4 > data.length) return undefined;
    const start = position + 4;
    position = start + data.readUInt32BE(position);
    return position > data.length ? undefined : data.subarray(start, position);
  };
  const cipher = next()?.toString('latin1');
  next(); // The name of the key derivation,
  next(); // and its options.
  position += 4; // How many keys: always one.
  const publicKey = next();
  const type = publicKey === undefined ? undefined : keyTypeOf(publicKey);
  if (cipher === undefined || publicKey === undefined || type === undefined) return unusable('it is damaged');
  if (type.startsWith('sk-')) {
    return { ...unusable("keys on a security device are for the system's own ssh"), opensshMay: true };
  }
  return { kind: cipher === 'none' ? 'plain' : 'encrypted', publicKey };
}

function unusable(reason: string): KeyFormat & { readonly kind: 'unusable' } {
  return { kind: 'unusable', reason, opensshMay: false };
}
