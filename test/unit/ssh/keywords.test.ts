import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/ssh/destination.js';
import { sshKeywords } from '../../../src/ssh/keywords.js';
import { opensshConfig } from '../../../src/ssh/openssh/config.js';
import { resolvedHostOf } from '../../../src/ssh/resolvedHost.js';

const environment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' } as const;
const destination = parseDestination('hv1');
const uses = new Map(Object.entries(sshKeywords).map(([keyword, use]) => [keyword.toLowerCase(), use]));

/** Names before OpenSSH 8.5 and 8.7, and what distributions add. */
const known = (keyword: string): boolean =>
  uses.has(keyword) || /^(?:pubkeyacceptedkeytypes|challengeresponseauthentication)$/.test(keyword);

/**
 * The keywords of ssh_config(5) in OpenSSH 10.1, in lower case. What `ssh -G` prints is not enough: it leaves out what is not
 * set, and an older ssh does not know all of them.
 */
const manual = `
host match addkeystoagent addressfamily batchmode bindaddress bindinterface canonicaldomains canonicalizefallbacklocal
canonicalizehostname canonicalizemaxdots canonicalizepermittedcnames casignaturealgorithms certificatefile channeltimeout
checkhostip ciphers clearallforwardings compression connectionattempts connecttimeout controlmaster controlpath
controlpersist dynamicforward enableescapecommandline enablesshkeysign escapechar exitonforwardfailure fingerprinthash
forkafterauthentication forwardagent forwardx11 forwardx11timeout forwardx11trusted gatewayports globalknownhostsfile
gssapiauthentication gssapidelegatecredentials hashknownhosts hostbasedacceptedalgorithms hostbasedauthentication
hostkeyalgorithms hostkeyalias hostname identitiesonly identityagent identityfile ignoreunknown include ipqos
kbdinteractiveauthentication kbdinteractivedevices kexalgorithms knownhostscommand localcommand localforward loglevel
logverbose macs nohostauthenticationforlocalhost numberofpasswordprompts obscurekeystroketiming passwordauthentication
permitlocalcommand permitremoteopen pkcs11provider port preferredauthentications proxycommand proxyjump proxyusefdpass
pubkeyacceptedalgorithms pubkeyauthentication refuseconnection rekeylimit remotecommand remoteforward requesttty
requiredrsasize revokedhostkeys securitykeyprovider sendenv serveralivecountmax serveraliveinterval sessiontype setenv
stdinnull streamlocalbindmask streamlocalbindunlink stricthostkeychecking syslogfacility tag tcpkeepalive tunnel
tunneldevice updatehostkeys user userknownhostsfile verifyhostkeydns versionaddendum visualhostkey warnweakcrypto
xauthlocation`
  .trim()
  .split(/\s+/);

describe('what docs/ssh.md tells of ssh_config', () => {
  it('has every keyword of the manual, and no other', () => {
    expect([...uses.keys()].sort()).toEqual([...manual].sort());
    const docs = readFileSync(fileURLToPath(new URL('../../../docs/ssh.md', import.meta.url)), 'utf8');
    const [, table = ''] = /<!-- keywords: .*-->([^]*)<!-- \/keywords -->/.exec(docs) ?? [];
    const rows = [...table.matchAll(/^\| `([A-Za-z0-9]+)` \|/gm)].map(([, keyword = '']) => keyword.toLowerCase());
    expect(rows.sort()).toEqual([...manual].sort());
  });

  it('has every keyword that the ssh of this machine prints', () => {
    const printed = execFileSync('ssh', ['-G', '-F', 'none', 'hv1'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const keywords = new Set(printed.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')[0] ?? ''])));
    // Debian's own patches.
    const ofDebian = /^gssapi(?:keyexchange|trustdns|renewalforcesrekey|kexalgorithms|clientidentity|serveridentity)$/;
    expect(
      [...keywords]
        .map((keyword) => keyword.toLowerCase())
        .filter((keyword) => keyword !== 'host' && !known(keyword) && !ofDebian.test(keyword)),
    ).toEqual([]);
  });

  it('says of what is read here that it is used, and of nothing else', () => {
    const read = new Set<string>();
    class Recorded extends Map<string, readonly string[]> {
      override get(keyword: string): readonly string[] | undefined {
        read.add(keyword);
        // Its count is of interest only where there is one.
        return keyword === 'serveraliveinterval' ? ['10'] : undefined;
      }
    }
    resolvedHostOf(new Recorded(), destination, environment);
    for (const keyword of read)
      expect(known(keyword) && uses.get(keyword)?.ssh2 !== undefined, keyword).toBe(uses.has(keyword));
    const bySsh = 'followed by `ssh -G`';
    const told = [...uses]
      .filter(([, { ssh2 }]) => ssh2 !== undefined && !ssh2.includes(bySsh))
      .map(([keyword]) => keyword);
    expect(told.filter((keyword) => !read.has(keyword))).toEqual([]);
  });

  it("says what is laid down for the system's ssh", () => {
    const host = resolvedHostOf(new Map(), destination, environment);
    const lines = opensshConfig({
      hops: [{ destination, host }],
      environment,
      configFile: undefined,
      acceptedKeysFile: '/own',
      canAsk: false,
    }).split('\n');
    const laidDown = lines
      .map((line) => line.split(' ')[0]?.toLowerCase() ?? '')
      .filter((word) => !/^(|host|include|ignoreunknown)$/.test(word));
    expect(
      laidDown.filter((keyword) => uses.get(keyword)?.openssh === undefined && keyword !== 'userknownhostsfile'),
    ).toEqual([]);
  });
});
