import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { MemorySecrets } from '../memorySecrets.js';
import { VirshLanes } from '../../src/virsh/lanes.js';
import { jobInfo } from '../../src/virsh/commands.js';
import { markerOf } from '../../src/virsh/framing.js';
import { virshStartLine } from '../../src/virsh/quote.js';
import { type Guest, Lab } from '../lab/lab.js';
import { startRelay } from '../lab/relay.js';
import { serviceCpuMs } from './cpu.js';
import { median, report } from './figure.js';

const silent = { virsh: () => undefined, info: () => undefined, error: () => undefined };
const startLine = virshStartLine({ virsh: 'virsh', uri: 'qemu:///system', readOnly: false });
const rounds = 5;
const samplesPerRound = 60;
const processesPerRound = 8;
const roundTripMs = 50;

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** A way to take samples: `open` gives a function that takes one, and `close` ends all that it opened. */
interface Way {
  readonly samples: number;
  open(): Promise<{ sample: () => Promise<unknown>; close: () => void }>;
}

/** Measures ms and remote CPU ms a sample: (a) a process each, (b) this extension's path, (c) a bare loop, in turn, several rounds. */
export async function benchSampling(): Promise<void> {
  const lab = await Lab.up();
  try {
    const guest = await lab.startGuest('hv1', { name: 'bench', load: 'idle', workingSetMiB: 8, memoryMiB: 256 });
    await guest.untilHot('hv1');
    const ways = { process: perProcess(lab, guest), extension: throughLanes(lab, guest), bare: bareLoop(lab, guest) };
    const costs: Record<keyof typeof ways, Cost[]> = { process: [], extension: [], bare: [] };
    for (let round = 0; round < rounds; round++) {
      for (const name of ['process', 'extension', 'bare'] as const) costs[name].push(await measure(lab, ways[name]));
    }
    const wall = (name: keyof typeof ways): number => median(costs[name].map(({ wallMs }) => wallMs));
    const cpu = (name: keyof typeof ways): number => median(costs[name].map(({ cpuMs }) => cpuMs));
    for (const name of ['process', 'extension', 'bare'] as const) {
      const against = {
        process: '(a) a virsh process a sample',
        extension: '(b) the extension',
        bare: '(c) a bare ssh2 loop',
      };
      report({ name: 'sampling.wall', value: wall(name), unit: 'ms a sample', against: against[name] });
      report({ name: 'sampling.cpu', value: cpu(name), unit: 'remote CPU ms a sample', against: against[name] });
    }
    report({
      name: 'sampling.overBare',
      value: wall('extension') / wall('bare'),
      unit: 'ratio',
      against: 'b over c',
      bound: 1.3,
    });
    report({
      name: 'sampling.overProcess',
      value: wall('extension') / wall('process'),
      unit: 'ratio',
      against: 'b over a',
      bound: 1 / 20,
    });
    await benchRoundTrips(lab, guest);
  } finally {
    await lab.down();
  }
}

async function measure(lab: Lab, way: Way): Promise<Cost> {
  const before = await serviceCpuMs(lab.host('hv1'));
  const { sample, close } = await way.open();
  await sample();
  const startedMs = performance.now();
  for (let i = 0; i < way.samples; i++) await sample();
  const wallMs = (performance.now() - startedMs) / way.samples;
  close();
  const cpuMs = (await settledCpuMs(lab)) - before;
  return { wallMs, cpuMs: cpuMs / (way.samples + 1) };
}

/** sshd counts a session's time when it has buried it: asked until two answers in a row agree. */
async function settledCpuMs(lab: Lab): Promise<number> {
  let last = -1;
  for (;;) {
    const now = await serviceCpuMs(lab.host('hv1'));
    if (now === last) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

function perProcess(lab: Lab, guest: Guest): Way {
  return {
    samples: processesPerRound,
    open: async () => {
      const connection = await connect(lab);
      return {
        sample: async () => {
          const channel = await connection.exec(`env LC_ALL=C virsh domjobinfo --rawstats ${guest.uuid}`);
          await new Promise<void>((resolve) => channel.onClose(() => resolve()));
        },
        close: () => connection.dispose(),
      };
    },
  };
}

function throughLanes(lab: Lab, guest: Guest): Way {
  return {
    samples: samplesPerRound,
    open: async () => {
      const connection = await connect(lab);
      const lanes = new VirshLanes(connection, { host: 'hv1', startLine, log: silent });
      return {
        sample: () => lanes.run(jobInfo(guest.uuid, { raw: true })),
        close: () => {
          lanes.dispose();
          connection.dispose();
        },
      };
    },
  };
}

/** The least that can be done: the same bytes written into one virsh, and a wait for the same token. No parsing, no framing. */
function bareLoop(lab: Lab, guest: Guest): Way {
  return {
    samples: samplesPerRound,
    open: async () => {
      const client = new ssh2.Client();
      await new Promise<void>((resolve, reject) => {
        client.once('ready', resolve).once('error', reject);
        client.connect({ host: lab.host('hv1').address, username: 'root', privateKey: readFileSync(lab.clientKey) });
      });
      client.setNoDelay(true);
      const stream = await new Promise<ssh2.ClientChannel>((resolve, reject) => {
        client.exec(startLine, (error, channel) => (error === undefined ? resolve(channel) : reject(error)));
      });
      let seen = '';
      let token = '';
      let done: () => void = () => undefined;
      stream.on('data', (chunk: Buffer) => {
        seen += chunk.toString();
        if (token !== '' && seen.includes(token)) done();
      });
      stream.stderr.resume();
      let count = 0;
      return {
        sample: () =>
          new Promise<void>((resolve) => {
            const marker = markerOf(String(count++).padStart(16, '0'));
            seen = '';
            token = marker.stdoutWord;
            done = resolve;
            stream.write(`domjobinfo --rawstats ${guest.uuid}\n${marker.lines}`);
          }),
        close: () => client.end(),
      };
    },
  };
}

/** Behind a round trip of 50 ms: ten domains' samples against one's. Asked of ten domains, of which nine are copies in name only. */
async function benchRoundTrips(lab: Lab, guest: Guest): Promise<void> {
  const relay = await startRelay(lab.host('hv1').address, 22, roundTripMs);
  const connection = await connect(lab, relay.port);
  const lanes = new VirshLanes(connection, { host: 'hv1', startLine, log: silent });
  try {
    const time = async (domains: number): Promise<number> => {
      const startedMs = performance.now();
      await Promise.all(Array.from({ length: domains }, () => lanes.run(jobInfo(guest.uuid, { raw: true }))));
      return performance.now() - startedMs;
    };
    await time(1);
    const one: number[] = [];
    const ten: number[] = [];
    for (let i = 0; i < 20; i++) {
      one.push(await time(1));
      ten.push(await time(10));
    }
    report({
      name: 'sampling.tenDomains',
      value: median(ten) / roundTripMs,
      unit: 'round trips',
      against: `ten domains behind ${roundTripMs} ms`,
      bound: 2,
    });
    report({
      name: 'sampling.oneDomain',
      value: median(one) / roundTripMs,
      unit: 'round trips',
      against: `one domain behind ${roundTripMs} ms`,
    });
  } finally {
    lanes.dispose();
    connection.dispose();
    await relay.close();
  }
}

async function connect(lab: Lab, relayPort?: number) {
  const destination = relayPort === undefined ? 'hv1' : `root@127.0.0.1:${relayPort}`;
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  const prompts = {
    confirmHostKey: () => Promise.resolve(true),
    passphrase: nothing,
    password: nothing,
    challenge: nothing,
  };
  const configFile =
    relayPort === undefined ? lab.sshConfig : await lab.host('hv1').writeFile('relay_config', relayConfig(lab));
  return new SshConnector({ credentials: new CredentialStore(new MemorySecrets()), configFile }).connect(
    destination,
    prompts,
    new AbortController().signal,
  );
}

/** Through the relay the host has another name; its key goes to a file of the lab's. */
function relayConfig(lab: Lab): string {
  return `Host *\n  IdentityFile ${lab.clientKey}\n  IdentitiesOnly yes\n  UserKnownHostsFile ${lab.stateFolder}/relay_known_hosts\n`;
}
