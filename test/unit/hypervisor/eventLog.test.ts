import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { VirshLogEntry } from '../../../src/base/log.js';
import { VirshHypervisor } from '../../../src/hypervisor/hypervisor.js';
import { uuid } from '../scriptedHypervisor.js';
import { type Answer, ScriptedConnection } from '../scriptedVirsh.js';

const line = 'event --all --loop --timestamp --timeout 10';

describe('the log of a host', () => {
  let host: VirshHypervisor;
  let connection: ScriptedConnection;
  let answerToEvent: Answer;
  let entries: VirshLogEntry[];

  const answer = (asked: string): Answer => {
    if (asked.startsWith('event ')) return answerToEvent;
    if (asked === 'help event') return { stdout: '[--all] [--loop] [--timestamp]\n\n' };
    if (asked.startsWith('list')) return { stdout: `${uuid}\n\n` };
    if (asked.startsWith('domstate')) return { stdout: 'running (booted)\n\n' };
    if (asked.startsWith('dumpxml')) {
      return { stdout: `<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid></domain>\n` };
    }
    return { stdout: '\n' };
  };
  const listening = (): VirshLogEntry[] => entries.filter((entry) => entry.line === line);
  const listener = () => connection.open.find(({ received }) => received.includes(line));

  beforeEach(() => {
    answerToEvent = 'hang';
    entries = [];
    connection = new ScriptedConnection(() => ({ answer }));
    host = new VirshHypervisor(
      { name: 'hv1', destination: 'hv1', uri: 'qemu:///system', virsh: 'virsh', readOnly: false, group: undefined },
      {
        connector: { connect: () => Promise.resolve(connection) },
        log: { virsh: (entry) => entries.push(entry), info: () => undefined, error: () => undefined },
        isMigrating: () => false,
      },
    );
  });
  afterEach(() => {
    host.dispose();
    vi.useRealTimers();
  });

  it('has the line that listens for events once, however often it is typed again', async () => {
    let returns = 3;
    // It returns at once a few times, as it does every 10 s with nothing to tell.
    answerToEvent = { stdout: 'event loop timed out\nevents received: 0\n' };
    const script = { answer: (asked: string) => (asked === line && returns-- <= 0 ? 'hang' : answer(asked)) };
    connection = new ScriptedConnection(() => script);
    await host.connect();
    await vi.waitFor(() => expect(listener()?.received.filter((one) => one === line)).toHaveLength(4));
    expect(listening()).toEqual([{ host: 'hv1', line, durationMs: undefined, outcome: 'ok', answer: '' }]);
    host.disconnect();
    expect(listening()).toHaveLength(2);
    expect(listening()[1]).toMatchObject({ outcome: 'ok', durationMs: expect.any(Number) as number });
  });

  it('has it again, with how long it listened and why it stopped, when it is opened again', async () => {
    await host.connect();
    await vi.waitFor(() => expect(listener()).toBeDefined());
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    listener()?.die(1);
    await vi.advanceTimersByTimeAsync(5000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(listening()).toHaveLength(3));
    expect(listening().map(({ durationMs, outcome }) => [durationMs === undefined, outcome])).toEqual([
      [true, 'ok'],
      [false, 'failed'],
      [true, 'ok'],
    ]);
  });
});
