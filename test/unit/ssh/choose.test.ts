import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loginFiles, whyOpenssh } from '../../../src/ssh/choose.js';
import { parseDestination } from '../../../src/ssh/destination.js';
import { type ResolvedHost, resolvedHostOf } from '../../../src/ssh/resolvedHost.js';
import { Home } from './home.js';
import { ed25519 } from './recordingServer.js';

describe('the transport of a host', () => {
  let home: Home;
  beforeEach(() => {
    home = new Home();
    home.addKey('id_ed25519', ed25519());
  });
  afterEach(() => home.remove());

  const hostOf = (keywords: Record<string, string[]> = {}): ResolvedHost =>
    resolvedHostOf(new Map(Object.entries(keywords)), parseDestination('hv1'), home.environment);
  const why = async (host: ResolvedHost): Promise<string | undefined> =>
    whyOpenssh(host, await loginFiles(host, home.environment));

  it('is ssh2 for keys, agents, passwords and jump hosts', async () => {
    expect(await why(hostOf())).toBeUndefined();
    expect(await why(hostOf({ proxyjump: ['bastion'], gssapiauthentication: ['yes'] }))).toBeUndefined();
  });

  it("is the system's ssh for a certificate beside a key, as ssh finds it itself", async () => {
    const certificate = join(home.path, '.ssh', 'id_ed25519-cert.pub');
    writeFileSync(certificate, 'ssh-ed25519-cert-v01@openssh.com AAAA me\n');
    expect(await why(hostOf())).toBe(`hv1 is logged in to with the certificate ${certificate}.`);
  });

  it("is the system's ssh for a certificate that the configuration names, where it is there", async () => {
    const certificate = join(home.path, 'me-cert.pub');
    expect(await why(hostOf({ certificatefile: [certificate] }))).toBeUndefined();
    writeFileSync(certificate, 'ssh-ed25519-cert-v01@openssh.com AAAA me\n');
    expect(await why(hostOf({ certificatefile: [certificate] }))).toContain(certificate);
  });

  it("is the system's ssh for a key of a security device, a smartcard, and a file that only it reads", async () => {
    const type = Buffer.from('sk-ssh-ed25519@openssh.com');
    const length = Buffer.from([0, 0, 0, type.length]);
    const key = Buffer.concat([length, type, Buffer.alloc(40)]).toString('base64');
    writeFileSync(join(home.path, '.ssh', 'id_ed25519_sk.pub'), `${String(type)} ${key} me\n`);
    expect(await why(hostOf())).toContain('id_ed25519_sk, which only ssh can read.');
    expect(await why(hostOf({ identityfile: ['~/.ssh/id_ed25519'] }))).toBeUndefined();

    expect(await why(hostOf({ pkcs11provider: ['/usr/lib/opensc-pkcs11.so'] }))).toContain('smartcard');
    expect(await why(hostOf({ revokedhostkeys: ['/etc/ssh/revoked'] }))).toContain('RevokedHostKeys');
    expect(await why(hostOf({ revokedhostkeys: ['none'], identityfile: ['~/.ssh/id_ed25519'] }))).toBeUndefined();
    expect(await why(hostOf({ knownhostscommand: ['/usr/bin/known'] }))).toContain('KnownHostsCommand');

    const pkcs8 = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
    writeFileSync(join(home.path, '.ssh', 'id_pkcs8'), pkcs8, { mode: 0o600 });
    expect(await why(hostOf({ identityfile: ['~/.ssh/id_pkcs8'] }))).toContain('id_pkcs8, which only ssh can read.');
  });
});
