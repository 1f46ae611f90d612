import { describe, expect, it } from 'vitest';
import {
  decideHostKey,
  type HostKeyDecision,
  type HostKeyVerdict,
  judgeHostKey,
  preferredAlgorithms,
} from '../../../src/ssh/hostKeyPolicy.js';
import { isAbout, knownHostName, knownHostsLine, parseKnownHosts } from '../../../src/ssh/knownHosts.js';
import { blobOf, ecdsa, ed25519, type KeyPair } from './recordingServer.js';

const key = ed25519();
const otherKey = ed25519();
const ecdsaKey = ecdsa();
const names = (host: string, port = 22): { name: string; bareName: string } => ({
  name: knownHostName(host, port, undefined),
  bareName: knownHostName(host, 22, undefined),
});
/** Entries from lines in which K, O and E stand for the keys above. */
const entriesOf = (...lines: string[]): ReturnType<typeof parseKnownHosts> => {
  const words: Record<string, KeyPair> = { K: key, O: otherKey, E: ecdsaKey };
  return parseKnownHosts(
    lines.map((line) => line.replace(/ ([KOE])$/, (_, letter: string) => ` ${words[letter]?.public ?? ''}`)).join('\n'),
    'file',
  );
};

describe('the name of a host in known_hosts', () => {
  it.each([
    ['HV1.Example.org', 22, undefined, 'hv1.example.org'],
    ['hv1', 2222, undefined, '[hv1]:2222'],
    ['2001:db8::7', 22, undefined, '2001:db8::7'],
    ['2001:db8::7', 2222, undefined, '[2001:db8::7]:2222'],
    ['hv1', 2222, 'Pool', 'pool'],
  ])('of %s port %i alias %s is %s', (host, port, alias, name) => {
    expect(knownHostName(host, port, alias)).toBe(name);
  });
});

describe('a line of known_hosts', () => {
  const lines: [string, string, boolean][] = [
    ['hv1', 'hv1', true],
    ['hv1', 'hv2', false],
    ['HV1', 'hv1', true],
    ['hv1,hv2,192.0.2.7', '192.0.2.7', true],
    ['hv?', 'hv1', true],
    ['hv?', 'hv12', false],
    ['*.example.org', 'hv1.example.org', true],
    ['*.example.org', 'hv1.example.org.evil', false],
    ['*.example.org,!hv2.example.org', 'hv2.example.org', false],
    ['!hv2.example.org,*.example.org', 'hv2.example.org', false],
    ['*.example.org,!hv2.example.org', 'hv1.example.org', true],
    ['!hv2', 'hv1', false],
    ['[hv1]:2222', '[hv1]:2222', true],
    ['[hv1]:2222', '[hv1]:2223', false],
    ['[hv1]:2222', 'hv1', false],
    ['hv1', '[hv1]:2222', false],
    ['[*]:2222', '[hv1]:2222', true],
    ['h.1', 'hv1', false],
    // What ssh-keygen -H made of hv1 and of [hv1]:2222.
    ['|1|caAEZkxcD9N78oEP0cvae5afFYo=|u2zMWqYAOhjWvVs9CT5XUDUr3M4=', 'hv1', true],
    ['|1|caAEZkxcD9N78oEP0cvae5afFYo=|u2zMWqYAOhjWvVs9CT5XUDUr3M4=', 'hv2', false],
    ['|1|U/yHlm6N7GY+d/NtKygWYZ4Z3Ug=|GnftCn3nKE2A0VBxyXghFz+WiOE=', '[hv1]:2222', true],
    ['|2|a|b', 'hv1', false],
  ];
  it.each(lines)('for %j is about %s: %s', (pattern, name, about) => {
    const [entry] = entriesOf(`${pattern} K`);
    expect(entry !== undefined && isAbout(entry, name)).toBe(about);
  });

  it('with a hashed name is about that name only', () => {
    const [entry] = parseKnownHosts(knownHostsLine('[hv1]:2222', 'ssh-ed25519', blobOf(key), true), 'file');
    expect(entry?.names).toMatch(/^\|1\|/);
    expect(entry !== undefined && isAbout(entry, '[hv1]:2222')).toBe(true);
    expect(entry !== undefined && isAbout(entry, 'hv1')).toBe(false);
  });

  it('that is broken, a comment or of a kind not known is skipped, and the count of lines stays right', () => {
    const entries = entriesOf(
      '# hv1 K',
      '',
      'hv1',
      'hv1 ssh-ed25519',
      'hv1 ssh-ed25519 AAAA',
      `hv1 ssh-rsa ${blobOf(key).toString('base64')}`,
      '@new hv1 K',
      '  hv1 K',
      'hv2 K',
      `hv3 ${key.public} and a comment\r`,
    );
    expect(entries.map(({ names: about, line }) => [about, line])).toEqual([
      ['hv1', 8],
      ['hv2', 9],
      ['hv3', 10],
    ]);
  });
});

describe('the key a host shows', () => {
  const unknown = (otherTypes: string[] = [], certAuthority = false): HostKeyVerdict => ({
    kind: 'unknown',
    otherTypes,
    certAuthority,
  });
  const at = (kind: 'changed' | 'revoked', line: number): HostKeyVerdict => ({ kind, file: 'file', line });
  const cases: [string, string[], HostKeyVerdict, number?][] = [
    ['no line', [], unknown()],
    ['lines of other hosts', ['hv2 K'], unknown()],
    ['its line', ['hv1 K'], { kind: 'known' }],
    ['its line among several', ['hv1 O', 'hv1 K'], { kind: 'known' }],
    ['a line with another key of the type', ['hv2 K', 'hv1 O'], at('changed', 2)],
    ['a line with a key of another type', ['hv1 E'], unknown(['ecdsa-sha2-nistp256'])],
    ['lines of another type and another key', ['hv1 E', 'hv1 O'], at('changed', 2)],
    ['a revoked line', ['@revoked hv1 K'], at('revoked', 1)],
    ['a revoked line for all hosts, and its own', ['hv1 K', '@revoked * K'], at('revoked', 2)],
    ['a revoked line of another key', ['hv1 K', '@revoked hv1 O'], { kind: 'known' }],
    ['a revoked line of another host', ['hv1 K', '@revoked hv2 K'], { kind: 'known' }],
    ['only a revoked line of another key', ['@revoked hv1 O'], unknown()],
    ['an authority', ['@cert-authority * K'], unknown([], true)],
    ['an authority for other hosts', ['@cert-authority hv2 K'], unknown()],
    ['an authority, and its own line', ['@cert-authority * O', 'hv1 K'], { kind: 'known' }],
    ['an authority, and another key of the type', ['@cert-authority * K', 'hv1 O'], at('changed', 2)],
    ['an authority, and a revoked line', ['@cert-authority * O', '@revoked * K'], at('revoked', 2)],
    ['an authority without the port', ['@cert-authority hv1 O'], unknown([], true), 2222],
    ['its line on its port', ['[hv1]:2222 K'], { kind: 'known' }, 2222],
    ['its line without the port', ['hv1 K'], { kind: 'known' }, 2222],
    ['another key without the port', ['hv1 O'], unknown(), 2222],
    ['another key on its port, its own without', ['[hv1]:2222 O', 'hv1 K'], at('changed', 1), 2222],
    ['a revoked line without the port', ['[hv1]:2222 K', '@revoked hv1 K'], at('revoked', 2), 2222],
    ['its line on another port', ['[hv1]:2222 K'], unknown()],
  ];
  it.each(cases)('with %s in the file is judged right', (_, lines, verdict, port = 22) => {
    expect(judgeHostKey(entriesOf(...lines), names('hv1', port), blobOf(key))).toEqual(verdict);
  });

  const known: HostKeyVerdict = { kind: 'known' };
  const decisions: [HostKeyVerdict, Record<'yes' | 'ask' | 'accept-new' | 'no', [HostKeyDecision, HostKeyDecision]>][] =
    [
      // What is done when somebody can be asked, and when nobody can.
      [known, all('accept')],
      [at('changed', 1), all('refuse')],
      [at('revoked', 1), all('refuse')],
      [unknown([], true), all('leave')],
      [
        unknown(),
        {
          yes: ['refuse', 'refuse'],
          ask: ['ask', 'refuse'],
          'accept-new': ['ask', 'refuse'],
          no: ['ask', 'refuse'],
        },
      ],
    ];
  it.each(decisions)('when it is %o is decided on by every setting', (verdict, bySetting) => {
    for (const strict of ['yes', 'ask', 'accept-new', 'no'] as const) {
      expect([decideHostKey(verdict, strict, true), decideHostKey(verdict, strict, false)]).toEqual(bySetting[strict]);
    }
  });

  const hashed = (name: string): string => knownHostsLine(name, 'ssh-ed25519', blobOf(key), true).split(' ')[0] ?? '';
  type Case = [
    how: string,
    lines: string[],
    withUser: HostKeyDecision,
    alone: HostKeyDecision,
    whereYes: HostKeyDecision,
  ];
  /** A host on port 2222 whose key is K: what is done by ask, accept-new and no, with a user and without, and by yes with either. */
  const matrix: Case[] = [
    ['nothing', [], 'ask', 'refuse', 'refuse'],
    ...[
      '[hv1]:2222',
      hashed('[hv1]:2222'),
      '[hv?]:*',
      'hv2,[hv1]:2222,192.0.2.7',
      '[*]:2222,![hv2]:2222',
      'hv1',
    ].flatMap((name): Case[] => [
      [`its key as ${name}`, [`${name} K`], 'accept', 'accept', 'accept'],
      [`its key as ${name}, revoked`, [`${name} K`, `@revoked ${name} K`], 'refuse', 'refuse', 'refuse'],
      [`another key revoked as ${name}`, [`@revoked ${name} O`], 'ask', 'refuse', 'refuse'],
      [`an authority as ${name}`, [`@cert-authority ${name} O`], 'leave', 'leave', 'leave'],
      [`a key of another type as ${name}`, [`${name} E`], 'ask', 'refuse', 'refuse'],
      name === 'hv1'
        ? [`another key as ${name}`, [`${name} O`], 'ask', 'refuse', 'refuse']
        : [`another key as ${name}`, [`${name} O`], 'refuse', 'refuse', 'refuse'],
    ]),
    ...['hv2', '[hv1]:22', '[hv1]:2223', hashed('[hv2]:2222'), '[*]:2222,![hv1]:2222', 'hv'].flatMap((name): Case[] => [
      [`its key for ${name}`, [`${name} K`], 'ask', 'refuse', 'refuse'],
      [`another key for ${name}`, [`${name} O`], 'ask', 'refuse', 'refuse'],
      [`its key revoked for ${name}`, [`@revoked ${name} K`], 'ask', 'refuse', 'refuse'],
      [`an authority for ${name}`, [`@cert-authority ${name} K`], 'ask', 'refuse', 'refuse'],
    ]),
  ];
  it.each(matrix)(
    'where known_hosts has %s is decided on alike by every setting',
    (_, lines, withUser, alone, whereYes) => {
      const verdict = judgeHostKey(entriesOf(...lines), names('hv1', 2222), blobOf(key));
      for (const strict of ['ask', 'accept-new', 'no'] as const) {
        expect([decideHostKey(verdict, strict, true), decideHostKey(verdict, strict, false)]).toEqual([
          withUser,
          alone,
        ]);
      }
      expect(decideHostKey(verdict, 'yes', true)).toBe(whereYes);
      expect(decideHostKey(verdict, 'yes', false)).toBe(whereYes);
    },
  );

  function all(decision: HostKeyDecision): (typeof decisions)[number][1] {
    const both: [HostKeyDecision, HostKeyDecision] = [decision, decision];
    return { yes: both, ask: both, 'accept-new': both, no: both };
  }
});

describe('the server is asked first', () => {
  const rsa = ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'];
  const rsaLine = `hv1 ssh-rsa ${rsaBlob().toString('base64')}`;
  it.each([
    ['for nothing in particular where nothing is known', [], 22, []],
    ['for nothing in particular where Ed25519 is known, which is first anyway', ['hv1 K'], 22, []],
    ['for the type that is known', ['hv1 E'], 22, ['ecdsa-sha2-nistp256']],
    ['for both types that are known', ['hv1 E', 'hv1 K'], 22, ['ssh-ed25519', 'ecdsa-sha2-nistp256']],
    ['for all signatures of an RSA key', [rsaLine], 22, rsa],
    ['for no type that is revoked or an authority', ['@revoked hv1 E', '@cert-authority hv1 E'], 22, []],
    ['for the type known without the port', ['hv1 E'], 2222, ['ecdsa-sha2-nistp256']],
  ])('%s', (_, lines, port, algorithms) => {
    expect(preferredAlgorithms(entriesOf(...lines), names('hv1', port))).toEqual(algorithms);
  });
});

/** An RSA key as far as known_hosts looks at it. */
function rsaBlob(): Buffer {
  const type = Buffer.from('ssh-rsa');
  return Buffer.concat([Buffer.from([0, 0, 0, type.length]), type, Buffer.from([0, 0, 0, 1, 3])]);
}
