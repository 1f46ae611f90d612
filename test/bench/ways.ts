import { readFileSync } from 'node:fs';
import ssh2 from 'ssh2';
import { SshConnector } from '../../src/ssh/connector.js';
import { CredentialStore } from '../../src/ssh/credentials.js';
import { jobInfo } from '../../src/virsh/commands.js';
import { markerOf } from '../../src/virsh/framing.js';
import { virshStartLine } from '../../src/virsh/quote.js';
import { type Guest, Lab } from '../lab/lab.js';
import { MemorySecrets } from '../memorySecrets.js';
import { watchHost } from './watchedHost.js';

/** A way to take samples: `open` gives a function that takes one and tells its ms, and `close` ends all that it opened. */
export interface Way {
  /** In a round. */
  readonly samples: number;
  open(): Promise<{ sample: () => Promise<number>; close: () => void }>;
}

const samplesPerRound = 200;
const processesPerRound = 24;
/** Short, so that the bench is: what is measured is the sample, not the wait for the next. */
const sampleIntervalMs = 5;

/** What the extension asks of a migrating domain each time, word for word. */
export function questionsOf({ uuid }: Guest): readonly string[] {
  return [
    `domjobinfo --rawstats ${uuid}`,
    `domstate --reason ${uuid}`,
    `migrate-getmaxdowntime ${uuid}`,
    `migrate-getspeed ${uuid}`,
    `domstats --vcpu --nowait ${uuid}`,
  ];
}

/** (a) A virsh process a question, each on an exec channel of one connection, one after the other, as a script does. */
export function perProcess(lab: Lab, questions: readonly string[]): Way {
  return {
    samples: processesPerRound,
    open: async () => {
      const connector = new SshConnector({
        credentials: new CredentialStore(new MemorySecrets()),
        configFile: lab.sshConfig,
      });
      const connection = await connector.connect('hv1', undefined, new AbortController().signal);
      const ask = async (question: string): Promise<void> => {
        const channel = await connection.exec(`env LC_ALL=C virsh ${question}`);
        await new Promise<void>((resolve) => channel.onClose(() => resolve()));
      };
      return {
        sample: () =>
          timed(async () => {
            for (const question of questions) await ask(question);
          }),
        close: () => connection.dispose(),
      };
    },
  };
}

/** (b) The extension's own: from the watcher's questions to the sample in the migration. */
export function extension(lab: Lab): Way {
  return {
    samples: samplesPerRound,
    open: async () => {
      const watched = await watchHost(lab, { domains: 1, sampleIntervalMs });
      return { sample: () => watched.next(), close: () => watched.close() };
    },
  };
}

/** (b) for domjobinfo alone: one question through the extension's shells. */
export function extensionsJobInfo(lab: Lab, guest: Guest): Way {
  return {
    samples: samplesPerRound,
    open: async () => {
      // Not sampled beside it.
      const watched = await watchHost(lab, { domains: 1, sampleIntervalMs: 60_000 });
      return {
        sample: () => timed(() => watched.hypervisor.run(jobInfo(guest.uuid, { raw: true }))),
        close: () => watched.close(),
      };
    },
  };
}

/** (c) The least that can be done: the same bytes written into one virsh, and a wait for the same token. No parsing, no framing. */
export function bareLoop(lab: Lab, questions: readonly string[]): Way {
  return {
    samples: samplesPerRound,
    open: async () => {
      const client = new ssh2.Client();
      await new Promise<void>((resolve, reject) => {
        client.once('ready', resolve).once('error', reject);
        client.connect({ host: lab.host('hv1').address, username: 'root', privateKey: readFileSync(lab.clientKey) });
      });
      client.setNoDelay(true);
      const startLine = virshStartLine({ virsh: 'virsh', uri: 'qemu:///system', readOnly: false });
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
      const ask = (): Promise<void> =>
        new Promise((resolve) => {
          const marked = questions.map((question) => ({
            question,
            marker: markerOf(String(count++).padStart(16, '0')),
          }));
          seen = '';
          token = marked.at(-1)?.marker.stdoutWord ?? '';
          done = resolve;
          stream.write(marked.map(({ question, marker }) => `${question}\n${marker.lines}`).join(''));
        });
      return { sample: () => timed(ask), close: () => client.end() };
    },
  };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const beganMs = performance.now();
  await act();
  return performance.now() - beganMs;
}
