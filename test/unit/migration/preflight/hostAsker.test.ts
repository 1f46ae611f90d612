import { beforeEach, describe, expect, it } from 'vitest';
import { HostAsker } from '../../../../src/migration/preflight/hostAsker.js';
import { RouteFinder } from '../../../../src/migration/preflight/routes.js';
import type { ShellScript } from '../../../../src/virsh/script.js';
import { FakeFleet, FakeHypervisor } from '../../fakes.js';

const script: ShellScript<number> = { label: 'count', script: ':', args: [], timeoutMs: 1000, parse: () => 1 };

describe('what pre-flights ask of a host', () => {
  let host: FakeHypervisor;
  let most: number;

  beforeEach(() => {
    host = new FakeHypervisor('hv1');
    most = 0;
    let running = 0;
    host.sh = async <T>(asked: ShellScript<T>): Promise<T> => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return asked.parse({ stdout: '', stderr: '', exitCode: 0 });
    };
  });

  it('takes three sessions at most, however many pre-flights are under way: an sshd refuses more', async () => {
    const askers = [1, 2, 3, 4].map(() => new HostAsker(host, 'hv1', undefined));
    const answers = await Promise.all(askers.flatMap((asker) => [1, 2, 3].map(() => asker.sh(() => script))));
    expect(answers).toHaveLength(12);
    expect(answers.every(({ known }) => known)).toBe(true);
    expect(most).toBe(3);
  });

  it('takes no more while ways to other hosts are looked for', async () => {
    const finder = new RouteFinder(new FakeFleet([host]));
    await Promise.all(['hv2', 'hv3', 'hv4', 'hv5', 'hv6'].map((name) => finder.find('hv1', name)));
    expect(most).toBe(3);
  });
});
