import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../src/ssh/destination.js';
import { type Hop, jumpHostsTo, type WayBy } from '../../../src/ssh/hops.js';
import { type ResolvedHost, resolvedHostOf } from '../../../src/ssh/resolvedHost.js';

const environment = { platform: 'linux', env: {}, homeDir: '/home/me', userName: 'me' } as const;
const never = new AbortController().signal;

/** A configuration: each host's ProxyJump, or all its keywords. */
type Configuration = Readonly<Record<string, string | Readonly<Record<string, string>>>>;

function hostOf(text: string, configuration: Configuration): ResolvedHost {
  const destination = parseDestination(text);
  const said = configuration[destination.host] ?? {};
  const keywords = typeof said === 'string' ? { proxyjump: said } : said;
  return resolvedHostOf(
    new Map(Object.entries(keywords).map(([key, value]) => [key, [value]])),
    destination,
    environment,
  );
}

/** The way to a host, and who decided about the way to each on it. */
async function wayTo(text: string, configuration: Configuration): Promise<{ way: Hop[]; asked: [string, WayBy][] }> {
  const asked: [string, WayBy][] = [];
  const way = await jumpHostsTo(
    { destination: parseDestination(text), host: hostOf(text, configuration) },
    (jump, _, wayBy) => {
      asked.push([jump.text, wayBy]);
      return Promise.resolve(hostOf(jump.text, configuration));
    },
    never,
  );
  return { way, asked };
}

const names = async (text: string, configuration: Configuration): Promise<string[]> =>
  (await wayTo(text, configuration)).way.map(({ host }) => host.destination);

describe('the way to a host', () => {
  it.each<[string, Configuration, string[]]>([
    ['is straight where nothing is configured', {}, []],
    ['is straight where ProxyJump is none', { hv1: 'none' }, []],
    ['leads through the jump host', { hv1: 'bastion' }, ['bastion']],
    ['leads through several, the first named first', { hv1: 'gate,bastion' }, ['gate', 'bastion']],
    ['leads through the jump host of the jump host', { hv1: 'bastion', bastion: 'gate' }, ['gate', 'bastion']],
    [
      'of several, asks only the first how it is reached',
      { hv1: 'gate,bastion', gate: 'door', bastion: 'elsewhere', door: 'outside,street' },
      ['outside', 'street', 'door', 'gate', 'bastion'],
    ],
    ['ends where a jump host says none', { hv1: 'bastion', bastion: 'none' }, ['bastion']],
    ['may name users, ports and addresses', { hv1: 'bob@gate:2222,[::1]:23' }, ['bob@gate:2222', '[::1]:23']],
    ['may name a URI', { hv1: 'ssh://bob@gate:2222' }, ['ssh://bob@gate:2222']],
    ['may have spaces around its commas', { hv1: 'gate, bastion' }, ['gate', 'bastion']],
    [
      'has its tokens filled in with what the host is called',
      { hv1: { proxyjump: '%r@gate-%h:%p,%n-side', hostname: 'h.example', port: '2222', user: 'op' } },
      ['op@gate-h.example:2222', 'hv1-side'],
    ],
  ])('%s', async (_, configuration, expected) => {
    expect(await names('hv1', configuration)).toEqual(expected);
  });

  it('knows what the configuration says of each jump host', async () => {
    const { way } = await wayTo('root@hv1', {
      hv1: 'bob@bastion:2222',
      bastion: { hostname: '192.0.2.9', user: 'someone', connecttimeout: '7' },
    });
    expect(way).toMatchObject([
      {
        destination: { host: 'bastion' },
        host: { hostName: '192.0.2.9', user: 'bob', port: 2222, connectTimeoutMs: 7000 },
      },
    ]);
  });

  it('is decided by the first jump host of a list alone, whatever the others say', async () => {
    const { asked } = await wayTo('hv1', { hv1: 'gate,bastion', gate: 'door' });
    expect(asked).toEqual([
      ['gate', 'itself'],
      ['bastion', 'others'],
      ['door', 'itself'],
    ]);
  });

  it.each<[string, Configuration]>([
    ['names the host itself', { hv1: 'hv1' }],
    ['leads back', { hv1: 'bastion', bastion: 'gate', gate: 'bastion' }],
    ['grows with each step', { hv1: 'bastion,a', bastion: 'bastion,b' }],
  ])('that %s goes in a circle, and is refused', async (_, configuration) => {
    await expect(wayTo('hv1', configuration)).rejects.toMatchObject({
      kind: 'unresolved',
      message: expect.stringMatching(/^The way to hv1 through .* goes in a circle\.$/) as unknown,
      advice: 'Mend ProxyJump in your ssh configuration.',
    });
  });

  it.each([
    ['an option', '-oProxyCommand=touch', 'begins with a dash'],
    ['a command', 'gate;reboot', 'characters no host name has'],
    ['nothing', 'gate,', 'is empty'],
    ['a port that is none', 'gate:99999', 'not a number from 1 to 65535'],
    ['two words', 'gate bastion', 'contains spaces'],
  ])('through %s is refused before anything is asked about it', async (_, proxyJump, message) => {
    const asked: string[] = [];
    const destination = parseDestination('hv1');
    const host = hostOf('hv1', { hv1: proxyJump });
    const way = jumpHostsTo(
      { destination, host },
      (jump) => {
        asked.push(jump.text);
        return Promise.resolve(host);
      },
      never,
    );
    await expect(way).rejects.toMatchObject({
      kind: 'unresolved',
      message: expect.stringContaining(message) as unknown,
    });
    expect(asked).toEqual([]);
  });
});
