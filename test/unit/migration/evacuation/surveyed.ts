import type { SurveyedDomain } from '../../../../src/migration/evacuation/plan.js';
import { mib } from '../../fakes.js';

/** A running domain as a survey found it, of 512 MiB unless told otherwise. */
export function surveyed(name: string, told: Partial<SurveyedDomain> = {}): SurveyedDomain {
  return {
    uuid: `uuid-of-${name}`,
    name,
    state: 'running',
    reason: undefined,
    memoryBytes: 512 * mib,
    persistent: true,
    held: undefined,
    migrating: false,
    problem: undefined,
    ...told,
  };
}
