import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyFormatOf } from '../../../src/ssh/keyFormat.js';
import { loadIdentityFiles } from '../../../src/ssh/keys.js';
import { Home } from './home.js';
import { blobOf, ed25519, encryptedKey } from './recordingServer.js';

const plain = ed25519();
const locked = encryptedKey('secret');
const pem = (type: 'pkcs1' | 'pkcs8', passphrase?: string): string =>
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
    type,
    format: 'pem',
    ...(passphrase === undefined ? {} : { cipher: 'aes-128-cbc', passphrase }),
  }) as string;

/** An OpenSSH private key file whose public half is of `type`. */
function deviceKey(type: string): string {
  const field = (data: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    return Buffer.concat([length, data]);
  };
  const none = field(Buffer.from('none'));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    none,
    none,
    field(Buffer.alloc(0)),
    Buffer.from([0, 0, 0, 1]),
    field(Buffer.concat([field(Buffer.from(type)), field(Buffer.alloc(32))])),
  ]);
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

describe('a key file', () => {
  it.each([
    ['of OpenSSH', plain.private, { kind: 'plain', publicKey: blobOf(plain) }],
    ['of OpenSSH with a passphrase', locked.private, { kind: 'encrypted', publicKey: blobOf(locked) }],
    ['in the old form', pem('pkcs1'), { kind: 'plain', publicKey: undefined }],
    ['in the old form with a passphrase', pem('pkcs1', 'secret'), { kind: 'encrypted', publicKey: undefined }],
    ['that holds a public key', plain.public, { kind: 'public', publicKey: blobOf(plain) }],
  ])('%s is told by its text', (_, text, format) => {
    expect(keyFormatOf(text)).toEqual(format);
  });

  it.each([
    ['PKCS#8', pem('pkcs8'), 'PKCS#8', true],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', 'certificate', false],
    ['PuTTY', 'PuTTY-User-Key-File-3: ssh-ed25519\n', 'PuTTYgen', false],
    ['a security device', deviceKey('sk-ssh-ed25519@openssh.com'), 'security device', true],
    ['nothing', '', 'no key', false],
    ['noise', 'hello world', 'no key', false],
    ['half a key', plain.private.slice(0, 60), 'damaged', false],
  ])('of %s is not used, and says why, and whether ssh reads it', (_, text, why, opensshMay) => {
    const reason = expect.stringContaining(why) as unknown;
    expect(keyFormatOf(text)).toEqual({ kind: 'unusable', reason, opensshMay });
  });
});

describe('the identity files', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home();
  });
  afterEach(() => home.remove());

  it('are those that exist, each once, in their order', async () => {
    const [one, two] = [home.addKey('one', plain), home.addKey('two', locked)];
    const files = await loadIdentityFiles([two, join(home.path, 'none'), one, two], home.environment);
    expect(files.map(({ kind, path }) => [kind, path])).toEqual([
      ['encrypted', two],
      ['plain', one],
    ]);
  });

  it('that others can read are reported, except on Windows, which keeps no modes', async () => {
    const path = home.addKey('open', plain, 0o640);
    expect(await loadIdentityFiles([path], home.environment)).toEqual([
      { kind: 'unusable', path, opensshMay: false, reason: expect.stringContaining('mode 0640') as unknown },
    ]);
    const windows = { ...home.environment, platform: 'win32' as const };
    expect(await loadIdentityFiles([path], windows)).toMatchObject([{ kind: 'plain' }]);
  });

  it('that are no files are reported', async () => {
    expect(await loadIdentityFiles([home.path], home.environment)).toMatchObject([{ kind: 'unusable' }]);
  });

  it('take their public half from the .pub where they hide it themselves, or where it is all there is', async () => {
    const path = join(home.path, '.ssh', 'old');
    home.addKey('old', { private: pem('pkcs1', 'secret'), public: '' });
    home.write(`${path}.pub`, plain.public);
    home.write(`${join(home.path, '.ssh', 'away')}.pub`, plain.public);
    const files = await loadIdentityFiles([path, join(home.path, '.ssh', 'away')], home.environment);
    expect(files).toMatchObject([
      { kind: 'encrypted', publicKey: blobOf(plain) },
      { kind: 'public', publicKey: blobOf(plain) },
    ]);
  });
});
