import { describe, expect, it, vi } from 'vitest';
import type { CheckResult } from '../../../../src/migration/preflight/model.js';
import { measuredLately, measuredOut } from '../../../../src/migration/preflight/dirtyRate.js';
import { PreflightRunner } from '../../../../src/migration/preflight/runner.js';
import { vcpusLately } from '../../../../src/migration/preflight/vcpuWatch.js';
import type { MigrationRequest } from '../../../../src/migration/start/model.js';
import type { Fleet } from '../../../../src/hypervisor/model.js';
import { Emitter } from '../../../../src/base/emitter.js';
import { domain, ScriptedHypervisor, uuid } from '../../scriptedHypervisor.js';
import { defaultOptions } from '../../../../src/migration/start/options.js';

const request: MigrationRequest = {
  source: 'hv1',
  domainUuid: uuid,
  destination: 'hv2',
  destinationUri: 'qemu+tcp://hv2/system',
  migrationUri: undefined,
  options: defaultOptions(false),
};

function fleetOf(...hypervisors: readonly ScriptedHypervisor[]): Fleet {
  return {
    hypervisors,
    get: (name) => hypervisors.find(({ config }) => config.name === name),
    onDidChange: new Emitter<void>().event,
  };
}

/** A source that tells of its domain, and of nothing else. */
function source(job = 'Job type: None\n', help = '--seconds'): ScriptedHypervisor {
  const hv1 = new ScriptedHypervisor('hv1');
  hv1.domains.set(uuid, domain());
  hv1.answers.set(
    'dumpxml',
    `<domain type='kvm'><name>web-1</name><uuid>${uuid}</uuid><memory>1048576</memory></domain>`,
  );
  hv1.answers.set('domjobinfo', job);
  hv1.answers.set('domstate', 'running (booted)\n');
  hv1.answers.set('help', `  OPTIONS\n    [${help}] <number>\n`);
  hv1.answers.set('domdirtyrate-calc', 'Start to calculate.\n');
  hv1.answers.set('snapshot-list', '\n');
  hv1.answers.set('domstats', '  balloon.rss=524288\n  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n');
  return hv1;
}

describe('the pre-flight', () => {
  it('has a line for all that it looks at, also where no host answers anything, and says why', async () => {
    const { checks, expectation } = await new PreflightRunner(
      fleetOf(new ScriptedHypervisor('hv1'), new ScriptedHypervisor('hv2')),
    ).run(request);
    expect(checks).toHaveLength(13);
    expect(checks.filter(({ verdict }) => verdict !== 'unknown')).toEqual([]);
    expect(checks.every(({ reason }) => reason.includes("Can't tell: "))).toBe(true);
    expect(expectation).toMatchObject({ converges: undefined, timeMs: undefined });
  });

  it('to a URI that is no host of the tree tells what the source can', async () => {
    const { checks } = await new PreflightRunner(fleetOf(source())).run({ ...request, destination: undefined });
    expect(checks.find(({ id }) => id === 'memory')?.reason).toBe(
      "Can't tell: qemu+tcp://hv2/system is not a host of the tree.",
    );
    expect(checks.find(({ id }) => id === 'devices')?.verdict).toBe('passed');
  });

  it('measures what the guest writes before its migration', async () => {
    const hv1 = source();
    const { expectation } = await new PreflightRunner(fleetOf(hv1, new ScriptedHypervisor('hv2'))).run({
      ...request,
      options: { ...request.options, bandwidthMiBps: 20 },
    });
    expect(hv1.asked).toContain('domdirtyrate-calc');
    expect(expectation.sentence).toMatch(
      /^About 39 s, .* 512 MiB of memory at 20\.0 MiB\/s, while the guest wrote 7\.00 MiB\/s/,
    );
  });

  it('watches the guest on while its form is open, and measures it for longer', async () => {
    const hv1 = source();
    const runner = new PreflightRunner(fleetOf(hv1, new ScriptedHypervisor('hv2')));
    await runner.run(request);
    hv1.answers.set(
      'domstats',
      '  vcpu.0.time=1500000000\n  dirtyrate.calc_status=2\n  dirtyrate.calc_period=5\n  dirtyrate.megabytes_per_second=7\n',
    );
    const form = new AbortController();
    let over = false;
    const watches = runner.watchGuest(request, form.signal).then(() => (over = true));
    await vi.waitFor(() => expect(measuredLately(hv1, uuid).map(({ seconds }) => seconds)).toEqual([1, 5]));
    await vi.waitFor(() => expect(vcpusLately(hv1, uuid).length).toBeGreaterThanOrEqual(2), 5_000);
    expect(over).toBe(false);
    form.abort();
    await watches;
  });

  it('leaves its measurement to the forecast for some minutes: then it is of another load', async () => {
    const hv1 = source();
    expect(measuredLately(hv1, uuid)).toEqual([]);
    await new PreflightRunner(fleetOf(hv1, new ScriptedHypervisor('hv2'))).run(request);
    expect(measuredLately(hv1, uuid)[0]?.dirtiedBytes).toBe(7 * 1024 * 1024);
    vi.useFakeTimers({ now: Date.now() + 11 * 60_000, toFake: ['Date'] });
    try {
      expect(measuredLately(hv1, uuid)).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['that migrates', source('Job type: 2\n'), /has a job already/],
    ['of a libvirt that can not', source(undefined, 'no option'), /measures no dirty rate/],
  ])('never measures a domain %s', async (_, hv1, why) => {
    const { expectation } = await new PreflightRunner(fleetOf(hv1, new ScriptedHypervisor('hv2'))).run({
      ...request,
      options: { ...request.options, bandwidthMiBps: 20 },
    });
    expect(hv1.asked).not.toContain('domdirtyrate-calc');
    expect(expectation.sentence).toMatch(why);
  });

  it('given up while it measures, tells when the measurement is over', async () => {
    const hv1 = source();
    hv1.answers.set('domstats', '  balloon.rss=524288\n  dirtyrate.calc_status=1\n');
    const abort = new AbortController();
    const given = new PreflightRunner(fleetOf(hv1, new ScriptedHypervisor('hv2'))).run(
      request,
      undefined,
      abort.signal,
    );
    await vi.waitFor(() => expect(hv1.asked).toContain('domdirtyrate-calc'));
    abort.abort();
    await given;
    let isOver = false;
    const over = measuredOut(hv1, uuid).then(() => (isOver = true));
    await vi.waitFor(() => expect(hv1.asked.filter((question) => question === 'domstats').length).toBeGreaterThan(2));
    expect(isOver).toBe(false);
    hv1.answers.set('domstats', '  dirtyrate.calc_status=2\n  dirtyrate.megabytes_per_second=7\n');
    await over;
    expect(isOver).toBe(true);
    await measuredOut(hv1, uuid);
  });

  it('is given up at once, and leaves the rest out', async () => {
    const abort = new AbortController();
    const heard: CheckResult[] = [];
    const report = await new PreflightRunner(fleetOf(source(), new ScriptedHypervisor('hv2'))).run(
      request,
      (line) => {
        heard.push(line);
        abort.abort();
      },
      abort.signal,
    );
    expect(heard).toEqual(report.checks);
    expect(heard.length).toBeLessThan(13);
    expect(report.expectation.sentence).toBe('The pre-flight was given up.');
    const none = await new PreflightRunner(fleetOf(source())).run(request, undefined, AbortSignal.abort());
    expect(none.checks).toEqual([]);
  });
});
