import { readRecordings, type Recording } from './recording.js';

/** Migrations recorded of each seed. */
export const perSeed = 28;

/**
 * The recordings in two parts by their seeds: the forecaster was made on the first; the second was recorded after its last change,
 * and is only reported on. Whoever changes the forecaster looks at the first alone, and records a new seed for the second: those
 * before belong to the first from then on. Those of the seeds 2 and 3 were not measured before they began, those of 8 and 9 for five
 * seconds too, those from 10 on for twenty as well; of those the time of their virtual CPUs is known, from 15 on also before they
 * began. From 16 on they were measured more than once, those from 22 on for longer. The guests of those from 26 on write evenly, and some of
 * them here and there; of 26 the plans were drawn by an earlier version of theirs. From 28 on those that write in bursts are waited for.
 */
export const parts = {
  tuned: [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30],
  reported: [31],
} as const;
export type Part = keyof typeof parts;

export function recordingsOf(part: Part): readonly Recording[] {
  return parts[part].flatMap(readRecordings);
}
