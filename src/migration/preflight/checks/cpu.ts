import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import type { Fact } from '../fact.js';
import type { CheckResult } from '../model.js';
import type { CpuAnswer } from '../../../virsh/scripts/cpu.js';
import { cantTell, checkOf, name, type Pair, words } from './result.js';

export interface CpuFacts {
  readonly hosts: Pair;
  readonly needs: Fact<DomainNeeds>;
  /** Asked for the guest's own model; for a guest that has its host's CPU, for that one. */
  readonly answer: Fact<CpuAnswer>;
}

/** Whether a guest of this kind has its host's CPU as it is, not a model. */
export function hasHostCpu({ cpuMode }: DomainNeeds): boolean {
  return cpuMode === 'host-passthrough' || cpuMode === 'maximum';
}

/** Whether the destination can give the guest the CPU that it has. */
export function checkCpu({ hosts, needs, answer }: CpuFacts): CheckResult {
  const [source, there] = [name(hosts.source), name(hosts.destination)];
  const result = checkOf('cpu', `CPU that ${there} can give`);
  if (!needs.known) return result('unknown', cantTell(needs.why));
  if (needs.value.cpuXml === undefined) return result('passed', 'The guest asks for no model of CPU.');
  if (!answer.known) return result('unknown', cantTell(answer.why));
  const { verdict } = answer.value;
  const why =
    answer.value.words === ''
      ? ''
      : `: ${words(answer.value.words.replace(/^the CPU is incompatible with host CPU: /, ''))}`;
  if (hasHostCpu(needs.value)) {
    const mode = words(needs.value.cpuMode ?? '');
    if (verdict === 'identical')
      return result('passed', `The guest has the CPU of ${source} (${mode}), and ${there} has the same.`);
    return result(
      verdict === 'superset' ? 'warned' : 'failed',
      verdict === 'superset'
        ? `The guest has the CPU of ${source} as it is (${mode}); that of ${there} has all of it and more, so it is another.`
        : `The guest has the CPU of ${source} as it is (${mode}), and that of ${there} is another${why}.`,
      'Migrate between hosts of one CPU model, or give the guest a model that both have (virsh hypervisor-cpu-baseline) and restart it.',
    );
  }
  if (verdict === 'incompatible') {
    return result(
      'failed',
      `${there} can't give the guest its CPU${why}.`,
      'Choose another destination, or give the guest a model that both hosts have (virsh hypervisor-cpu-baseline) and restart it.',
    );
  }
  return result(
    'passed',
    verdict === 'identical' ? `It is the guest's own.` : `It has all that the guest's CPU has, and more.`,
  );
}
