import type { DomainNeeds } from '../../../virsh/parseDomainNeeds.js';
import { type Fact, valueOf } from '../fact.js';
import type { CheckResult } from '../model.js';
import { cantTell, checkOf, type Pair, words } from './result.js';

export interface DevicesFacts {
  readonly hosts: Pair;
  readonly needs: Fact<DomainNeeds>;
  readonly snapshots: Fact<readonly string[]>;
}

/** Whether the guest has what can't leave its host. */
export function checkDevices({ needs, snapshots }: DevicesFacts): CheckResult {
  const result = checkOf('devices', 'Devices that stay behind');
  if (!needs.known) return result('unknown', cantTell(needs.why));
  const { obstacles } = needs.value;
  const count = valueOf(snapshots)?.length ?? 0;
  const bySnapshots =
    count === 0 ? [] : [`${count} ${count === 1 ? 'snapshot' : 'snapshots'}, with which libvirt migrates no domain`];
  const certain = [...obstacles.filter((one) => one.certain).map(({ what }) => what), ...bySnapshots];
  const open = obstacles.filter((one) => !one.certain).map(({ what }) => what);
  if (certain.length > 0) {
    return result(
      'failed',
      `The guest has ${words([...certain, ...open].join('; '))}.`,
      count > 0 && certain.length === 1
        ? 'Delete the snapshots (virsh snapshot-delete; --metadata keeps their data), then migrate.'
        : 'Detach it first (virsh detach-device), or shut the guest down and start it there.',
    );
  }
  if (open.length > 0) {
    return result(
      'warned',
      `The guest has ${words(open.join('; '))}.`,
      'Most such devices can not be migrated while the guest runs: detach it first, and attach one again there.',
    );
  }
  if (!snapshots.known) return result('unknown', cantTell(snapshots.why));
  return result('passed', 'The guest has none.');
}
