import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HypervisorFleet } from '../../../src/hypervisor/fleet.js';
import { VirshHypervisor } from '../../../src/hypervisor/hypervisor.js';
import { SshError } from '../../../src/ssh/types.js';
import { ScriptedConnection } from '../scriptedVirsh.js';

const lost = new SshError('lost', 'The connection to root@hv1:22 was lost: it has not answered for 5 s.');

describe('hosts behind one network', () => {
  const connections = new Map<string, ScriptedConnection>();
  const log = { virsh: () => undefined, info: () => undefined, error: () => undefined };
  let fleet: HypervisorFleet;

  beforeEach(async () => {
    const connect = (destination: string): Promise<ScriptedConnection> => {
      const connection = new ScriptedConnection(() => ({ answer: () => ({ stdout: '\n' }) }));
      connections.set(destination, connection);
      return Promise.resolve(connection);
    };
    fleet = new HypervisorFleet(
      (config) => new VirshHypervisor(config, { connector: { connect }, log, isMigrating: () => false }),
    );
    fleet.configure(
      ['hv1', 'hv2', 'hv3'].map((name) => ({
        name,
        destination: name,
        uri: 'qemu:///system',
        virsh: 'virsh',
        readOnly: false,
        group: undefined,
      })),
    );
    await Promise.all([fleet.get('hv1')?.connect(), fleet.get('hv2')?.connect()]);
  });
  afterEach(() => fleet.dispose());

  it('are asked whether they are there as soon as one of them is lost', () => {
    connections.get('hv1')?.lose(lost);
    expect(fleet.hypervisors.map(({ status }) => status.kind)).toEqual(['reconnecting', 'connected', 'disconnected']);
    expect(connections.get('hv2')?.probes).toEqual([5_000]);
    expect(connections.has('hv3')).toBe(false);
  });

  it('are left alone when the user disconnects one of them', () => {
    fleet.get('hv1')?.disconnect();
    expect(connections.get('hv2')?.probes).toEqual([]);
  });
});
