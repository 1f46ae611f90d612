import { formatDuration } from '../../panel/format.js';
import type { FormCheck, FormNote, FormPreflight } from '../../panel/formProtocol.js';
import { checkIds, type CheckResult, type Expectation } from '../preflight/model.js';
import type { Assessment } from './assess.js';
import type { FormState } from './state.js';

/** What was looked at on both hosts, what came of it, and what it foretells. */
export function preflightView({ preflight, target }: FormState, { request, read }: Assessment): FormPreflight {
  switch (preflight.kind) {
    case 'none': {
      const text =
        request === undefined
          ? target.kind === 'none'
            ? 'Both hosts and the way between them are looked at once the destination is chosen.'
            : 'Both hosts and the way between them are looked at once it is known how to get there.'
          : 'Not looked at yet.';
      return {
        running: false,
        summary: { tone: 'neutral', text },
        checks: [],
        expectation: undefined,
        suggestions: [],
      };
    }
    case 'running':
      return {
        running: true,
        summary: { tone: 'busy', text: 'Looking at both hosts…' },
        // Each in its place, however early it is known.
        checks: checkIds.flatMap((id) => preflight.checks.filter((check) => check.id === id)).map(checkOf),
        expectation: undefined,
        suggestions: [],
      };
    case 'done': {
      const { checks, expectation } = preflight.report;
      const stale = JSON.stringify(preflight.options) !== JSON.stringify(read.options);
      return {
        running: false,
        summary: stale
          ? { tone: 'neutral', text: `${countText(checks)}. The options have changed since: Check looks again.` }
          : { tone: toneOf(checks), text: `${countText(checks)}.` },
        checks: checks.map(checkOf),
        expectation: expectationNote(expectation),
        suggestions: expectation.suggestions.map(({ label }) => label),
      };
    }
  }
}

function checkOf({ id, verdict, title, reason, advice }: CheckResult): FormCheck {
  return { id, verdict, title, reason, advice };
}

const verdictOrder = ['failed', 'warned', 'unknown', 'passed'] as const;
const verdictWords = { failed: 'failed', warned: 'warned', unknown: 'can’t tell', passed: 'passed' } as const;

function countText(checks: readonly CheckResult[]): string {
  return verdictOrder
    .map((verdict) => [checks.filter((check) => check.verdict === verdict).length, verdictWords[verdict]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

function toneOf(checks: readonly CheckResult[]): FormNote['tone'] {
  if (checks.some(({ verdict }) => verdict === 'failed')) return 'bad';
  return checks.some(({ verdict }) => verdict === 'warned' || verdict === 'unknown') ? 'warning' : 'good';
}

function expectationNote({ converges, sentence, timeMs }: Expectation): FormNote {
  const tone = converges === undefined ? 'neutral' : converges ? 'good' : 'warning';
  // The sentence has its figures; the time is repeated only where it has not.
  const time =
    timeMs === undefined || timeMs < 1000 || sentence.includes(formatDuration(timeMs))
      ? ''
      : ` About ${formatDuration(timeMs)}.`;
  return { tone, text: `${sentence}${time}` };
}

/** What would stop it, as far as it is known. */
export function failedOf(checks: readonly CheckResult[]): readonly CheckResult[] {
  return checks.filter(({ verdict }) => verdict === 'failed');
}
