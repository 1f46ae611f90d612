import { cleanLabel } from '../base/cleanText.js';
import type { CheckResult } from '../migration/preflight/model.js';

export interface AnywayQuestion {
  readonly message: string;
  readonly detail: string;
  readonly button: string;
}

/** So much of a host's words has room in a question. */
const reasonLimit = 300;

/** What is asked before a migration is started that the pre-flight would not start, or has not yet looked at. */
export function anywayQuestion(guest: string, failed: readonly CheckResult[], unfinished: boolean): AnywayQuestion {
  const found = failed.map(({ title, reason }) => `${cleanLabel(title)}: ${cleanLabel(reason, reasonLimit)}`);
  const waiting = unfinished ? ['The pre-flight has not ended, so what would stop it may not be known yet.'] : [];
  const message =
    failed.length === 0
      ? `Migrate '${guest}' before the pre-flight has ended?`
      : `Migrate '${guest}' although ${failed.length === 1 ? 'a check' : `${failed.length} checks`} failed?`;
  return { message, detail: [...found, ...waiting].join('\n\n'), button: 'Migrate Anyway' };
}
