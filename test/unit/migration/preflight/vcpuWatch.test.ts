import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../../../src/base/errors.js';
import { forgetMeasured } from '../../../../src/migration/preflight/dirtyRate.js';
import { vcpusLately, watchVcpus } from '../../../../src/migration/preflight/vcpuWatch.js';
import { domain, ScriptedHypervisor, uuid } from '../../scriptedHypervisor.js';

describe('the virtual CPUs of a guest whose form is open', () => {
  let hv1: ScriptedHypervisor;
  let form: AbortController;
  const had = (ms: number, more = ''): void => void hv1.answers.set('domstats', `  vcpu.0.time=${ms * 1e6}\n${more}`);

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date'] });
    hv1 = new ScriptedHypervisor('hv1');
    hv1.domains.set(uuid, domain());
    form = new AbortController();
  });
  afterEach(() => {
    form.abort();
    vi.useRealTimers();
  });

  it('are looked at each second until it is closed', async () => {
    had(1000);
    const watched = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(10);
    had(1500);
    await vi.advanceTimersByTimeAsync(1000);
    form.abort();
    await watched;
    expect(hv1.asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(500);
    const lately = vcpusLately(hv1, uuid);
    expect(lately.map(({ vcpuMs }) => vcpuMs)).toEqual([1000, 1500]);
    expect(lately.map(({ agoMs }) => Math.round(agoMs / 100))).toEqual([15, 5]);
  });

  it('are looked at more seldom where libvirt tells much of each', async () => {
    had(1000, '  vcpu.0.exits.sum=123456789012\n'.repeat(800));
    void watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(2_900);
    expect(hv1.asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(200);
    expect(hv1.asked).toHaveLength(2);
  });

  it('are left alone where libvirt tells nothing of them', async () => {
    hv1.answers.set('domstats', '  balloon.rss=524288\n');
    const watched = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(5_000);
    await watched;
    expect(hv1.asked).toHaveLength(1);
    expect(vcpusLately(hv1, uuid)).toEqual([]);
  });

  it('are left alone where libvirt refuses again and again', async () => {
    hv1.answers.set('domstats', new UserError('hv1: unsupported option --vcpu'));
    const watched = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(60_000);
    await watched;
    expect(hv1.asked).toHaveLength(3);
  });

  it('are looked at again once a lost host is back', async () => {
    hv1.answers.set('domstats', new UserError('hv1 is not connected.'));
    hv1.setStatus({ kind: 'disconnected' });
    void watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hv1.asked.length).toBeGreaterThan(10);
    hv1.setStatus({ kind: 'connected' });
    had(1000);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(vcpusLately(hv1, uuid).length).toBeGreaterThan(0);
  });

  it('are idle for no turn while somebody had the guest stand still', async () => {
    had(1000);
    hv1.domains.set(uuid, domain({ state: 'paused', reason: 'user' }));
    void watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(vcpusLately(hv1, uuid)).toEqual([]);
    hv1.domains.set(uuid, domain());
    await vi.advanceTimersByTimeAsync(2_000);
    expect(vcpusLately(hv1, uuid).length).toBeGreaterThan(0);
  });

  it('are looked at no more once it is closed, however seldom they are', async () => {
    had(1000, '  vcpu.0.exits.sum=123456789012\n'.repeat(8_000));
    const watched = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(100);
    form.abort();
    await watched;
    await watchVcpus(hv1, uuid, form.signal);
    expect(hv1.asked).toHaveLength(1);
  });

  it('are looked at for ten minutes, and what was longer ago is of another load', async () => {
    had(1000);
    const watched = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(601_000);
    await watched;
    const { length } = vcpusLately(hv1, uuid);
    expect(length).toBeGreaterThan(595);
    const again = watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(vcpusLately(hv1, uuid).length).toBeLessThanOrEqual(length + 5);
    form.abort();
    await again;
    await vi.advanceTimersByTimeAsync(601_000);
    expect(vcpusLately(hv1, uuid)).toEqual([]);
  });

  it('are another’s once the guest is in another QEMU', async () => {
    had(1000);
    void watchVcpus(hv1, uuid, form.signal);
    await vi.advanceTimersByTimeAsync(10);
    expect(vcpusLately(hv1, uuid)).toHaveLength(1);
    forgetMeasured(hv1, uuid);
    expect(vcpusLately(hv1, uuid)).toEqual([]);
  });
});
