import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DomainSet } from '../../../src/hypervisor/domainSet.js';
import type { VirshCommand } from '../../../src/virsh/command.js';
import type { VirshEvent } from '../../../src/virsh/domain.js';
import { uuid } from '../scriptedHypervisor.js';

const other = '99999999-2222-3333-4444-555555555555';
const event = (name: string, what: string): VirshEvent => ({
  kind: 'lifecycle',
  domainName: name,
  event: what,
  detail: undefined,
  timestamp: undefined,
});

/** A host that answers with what it was when it was asked; of what it is slow to tell, no answer arrives meanwhile. */
class SlowHost {
  readonly titles = new Map([[uuid, 'The shop']]);
  state = 'running (booted)';
  private slow: { readonly question: string; readonly answers: Promise<void> } | undefined;
  private arrive: () => void = () => undefined;
  readonly domains = new DomainSet((command) => this.run(command));

  async run<T>(command: VirshCommand<T>): Promise<T> {
    const [question = ''] = command.args;
    const stdout = this.answer(question, command.args.at(-1) ?? '');
    if (this.slow?.question === question) await this.slow.answers;
    return command.parse({ stdout, stderr: '' });
  }

  slowDown(question: string): void {
    this.slow = { question, answers: new Promise((resolve) => (this.arrive = resolve)) };
  }

  /** What was held back arrives, and what is asked from now on is answered at once. */
  speedUp(): void {
    this.slow = undefined;
    this.arrive();
  }

  private answer(question: string, id: string): string {
    if (question === 'list') return [...this.titles.keys()].join('\n');
    if (question === 'domstate') return `${this.state}\n`;
    const name = id === uuid ? 'web-1' : 'web-2';
    return `<domain type='kvm'><name>${name}</name><uuid>${id}</uuid><title>${this.titles.get(id)}</title></domain>`;
  }
}

describe('the domains of a host that is slow to answer', () => {
  let host: SlowHost;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    host = new SlowHost();
    await host.domains.refresh();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** What comes of an event that is told while the list is being read. */
  async function toldMeanwhile(told: VirshEvent): Promise<void> {
    const reading = host.domains.refresh();
    await vi.advanceTimersByTimeAsync(0);
    const followed = happen(told);
    await vi.advanceTimersByTimeAsync(1000);
    host.speedUp();
    await Promise.all([reading, followed]);
  }

  function happen(told: VirshEvent): Promise<void> {
    if (told.domainName === 'web-1') host.state = 'paused (user)';
    else host.titles.set(other, 'Another');
    return host.domains.follow(told);
  }

  it('are as the last event says, whatever was asked before it and is told after', async () => {
    host.titles.set(other, 'Another');
    host.slowDown('dumpxml');
    await toldMeanwhile(event('web-1', 'Suspended'));
    expect(host.domains.domains.get(uuid)?.state).toBe('paused');
  });

  it('hold one that came while the list was being read', async () => {
    host.slowDown('list');
    await toldMeanwhile(event('web-2', 'Started'));
    expect(host.domains.domains.get(other)?.name).toBe('web-2');
  });

  it('are read again when the user asks for it, though they are being read', async () => {
    host.slowDown('list');
    const reading = host.domains.refresh();
    host.titles.set(uuid, 'The new shop');
    const asked = host.domains.refresh(true);
    host.speedUp();
    await Promise.all([reading, asked]);
    expect(host.domains.domains.get(uuid)?.title).toBe('The new shop');
  });
});
