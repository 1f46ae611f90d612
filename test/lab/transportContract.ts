import type { SshConnectorOptions } from '../../src/ssh/connector.js';
import { Sshd, type SshdOptions } from './sshd.js';
import { TransportScene } from './transportScene.js';

export interface Way {
  readonly options: Partial<SshConnectorOptions>;
  readonly isSsh2: boolean;
  /** Whether one connection carries all commands. */
  readonly shares: boolean;
}

/** Every way to reach a host, for `describe.each`: what holds on one has to hold on all. */
export const ways: readonly (readonly [name: string, way: Way])[] = [
  ['ssh2', { options: { transport: 'ssh2' }, isSsh2: true, shares: true }],
  ["the system's ssh", { options: { transport: 'openssh' }, isSsh2: false, shares: true }],
  [
    "the system's ssh, one a command",
    { options: { transport: 'openssh', shares: false }, isSsh2: false, shares: false },
  ],
];

/** The user of a scene, and the servers of one test. */
export class ContractScene extends TransportScene {
  private readonly ends: (() => unknown)[] = [];

  /** A server that the user knows and has a key for, as `hv1` with these lines first. */
  async serve(options: SshdOptions = {}, ...config: readonly string[]): Promise<Sshd> {
    const key = await this.makeKey('id');
    const server = await this.start({ authorizedKeys: [this.publicKey('id')], ...options });
    this.know(server.hostKeyLine());
    this.configure(server.port, ...config, `IdentityFile ${key}`);
    return server;
  }

  /** A server that lasts as long as the test. */
  async start(options: SshdOptions): Promise<Sshd> {
    const server = await Sshd.start(options);
    this.atEnd(() => server.dispose());
    return server;
  }

  atEnd(end: () => unknown): void {
    this.ends.push(end);
  }

  /** Ends the connections first, then what they led to. */
  async end(): Promise<void> {
    this.dispose();
    await Promise.all(this.ends.splice(0).map((end) => end()));
  }
}
