import { cleanLabel } from '../../../base/cleanText.js';
import type { CheckId, CheckResult, Verdict } from '../model.js';

/** libvirt's own words are a line or two; names of a host's may be anything. */
const wordsLimit = 400;
const nameLimit = 60;

/** The two hosts as the tree names them; the destination by its URI where it is none of the tree's. */
export interface Pair {
  readonly source: string;
  readonly destination: string;
}

/** Makes the results of one check. */
export function checkOf(
  id: CheckId,
  title: string,
): (verdict: Verdict, reason: string, advice?: string) => CheckResult {
  return (verdict, reason, advice) => ({ id, title, verdict, reason, advice });
}

/** Text of a host's in a sentence. */
export function words(text: string): string {
  return cleanLabel(text, wordsLimit).replace(/\.$/u, '');
}

export function name(text: string): string {
  return cleanLabel(text, nameLimit);
}

/** `a, b and c`. */
export function listed(texts: readonly string[]): string {
  const all = texts.map(name);
  const last = all.at(-1) ?? '';
  return all.length < 2 ? last : `${all.slice(0, -1).join(', ')} and ${last}`;
}

/** A line of what can't be told, and why. */
export function cantTell(why: string): string {
  return `Can't tell: ${words(why)}.`;
}
