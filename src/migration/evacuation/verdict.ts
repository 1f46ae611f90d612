import type { CheckResult, PreflightReport } from '../preflight/model.js';
import type { ItemForecast } from './model.js';

/** Why a domain can't go, by its pre-flight; undefined where nothing speaks against it. */
export function obstaclesOf({ checks }: PreflightReport): { reason: string; advice: string | undefined } | undefined {
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  if (failed.length === 0) return undefined;
  return {
    reason: failed.map(sentenceOf).join(' '),
    advice: failed.find(({ advice }) => advice !== undefined)?.advice,
  };
}

/** What a pre-flight foretold, kept with its warnings. */
export function forecastOf({ checks, expectation }: PreflightReport, checkedAtMs: number): ItemForecast {
  const { converges, timeMs, sentence } = expectation;
  const warnings = checks.filter(({ verdict }) => verdict === 'warned').map(sentenceOf);
  return { checkedAtMs, converges, timeMs, sentence, warnings };
}

function sentenceOf({ title, reason }: CheckResult): string {
  return `${title}: ${reason}`;
}
