import type {
  PanelButton,
  PanelHeader,
  PanelInit,
  PanelLogEntry,
  PanelMark,
  PanelSample,
  PanelUpdate,
} from '../panel/protocol.js';
import { availability, type Hosts, shownActions } from './availability.js';
import { describePhase, describeStale, phaseNames, toneOf } from './describe.js';
import { fieldsTable } from './fieldsTable.js';
import { figuresRow } from './figuresRow.js';
import type { ActionKind, Mark, Migration, MigrationState } from './model.js';
import {
  bandwidthBytesPerSecond,
  compressionBetween,
  dirtyBytesPerSecond,
  diskRemainingBytes,
  expectedDowntimeMs,
  remainingBytes,
} from './readings.js';
import { describeSentence } from './sentence.js';

/** What the header depends on besides the migration. */
export interface PanelSurroundings {
  readonly hosts: Hosts;
  readonly nowMs: number;
  readonly sampleIntervalMs: number;
}

/** How far the page has been told the history: histories only grow, so two counts say it all. */
export interface Sent {
  readonly samples: number;
  readonly marks: number;
}

/** With an ellipsis where something is asked first. */
const buttonLabels: Readonly<Record<ActionKind, string>> = {
  setSpeed: 'Speed…',
  setMaxDowntime: 'Max downtime…',
  pause: 'Pause…',
  resume: 'Resume',
  switchToPostcopy: 'Post-copy…',
  abort: 'Abort…',
};

export function panelHeader(migration: Migration, surroundings: PanelSurroundings): PanelHeader {
  const { state } = migration;
  return {
    domainName: migration.domainName,
    domainTitle: migration.domainTitle,
    source: migration.source,
    destination: state.destination,
    phase: describePhase(state),
    tone: toneOf(state),
    sentence: describeSentence(migration),
    stale: describeStale(migration, surroundings.nowMs, surroundings.sampleIntervalMs),
    ended: state.outcome !== undefined,
    figures: figuresRow(migration),
    buttons: shownActions(state).map((action): PanelButton => {
      const { enabled, why } = availability(action, migration, surroundings.hosts);
      return { action, label: buttonLabels[action], enabled, why };
    }),
  };
}

/** Everything, for a page that shows nothing yet. */
export function panelInit(migration: Migration, surroundings: PanelSurroundings): PanelInit {
  return {
    type: 'init',
    migrationId: migration.id,
    header: panelHeader(migration, surroundings),
    samples: panelSamples(migration, 0),
    marks: migration.marks.map((mark) => panelMark(mark, migration.state)),
    fields: fieldsTable(migration.fields),
    log: panelLog(migration.marks),
  };
}

export function sentAll({ samples, marks }: Migration): Sent {
  return { samples: samples.length, marks: marks.length };
}

/** What the page does not have yet; `header` only where it is another than the page shows. */
export function panelUpdate(
  migration: Migration,
  sent: Sent,
  header: PanelHeader | undefined,
): PanelUpdate | undefined {
  const marks = migration.marks.slice(sent.marks);
  const log = panelLog(marks);
  const samples = panelSamples(migration, sent.samples);
  if (header === undefined && marks.length === 0 && samples.length === 0) return undefined;
  return {
    type: 'update',
    migrationId: migration.id,
    ...(header === undefined ? {} : { header }),
    ...(samples.length === 0 ? {} : { samples, fields: fieldsTable(migration.fields) }),
    ...(marks.length === 0 ? {} : { marks: marks.map((mark) => panelMark(mark, migration.state)) }),
    ...(log.length === 0 ? {} : { log }),
  };
}

/** For a page that came back from an earlier window and whose migration nobody remembers. */
export function panelUnknown(migrationId: string): PanelInit {
  return {
    type: 'init',
    migrationId,
    header: {
      domainName: 'Unknown migration',
      domainTitle: undefined,
      source: '?',
      destination: undefined,
      phase: 'Not known',
      tone: 'neutral',
      sentence: 'This migration is not known here any more: only the most recent ones are kept. Close this panel.',
      stale: undefined,
      ended: true,
      figures: [],
      buttons: [],
    },
    samples: [],
    marks: [],
    fields: [],
    log: [],
  };
}

function panelSamples({ samples }: Migration, from: number): PanelSample[] {
  return samples.slice(from).map((sample, index): PanelSample => {
    const compression = compressionBetween(samples[from + index - 1], sample);
    return {
      elapsedMs: sample.elapsedMs,
      remainingBytes: remainingBytes(sample),
      diskRemainingBytes: diskRemainingBytes(sample),
      bandwidthBytesPerSecond: bandwidthBytesPerSecond(sample),
      dirtyBytesPerSecond: dirtyBytesPerSecond(sample),
      expectedDowntimeMs: expectedDowntimeMs(sample),
      allowedDowntimeMs: sample.maxDowntimeMs,
      throttlePercent: sample.job.autoConvergeThrottlePercent,
      compressedPagesPercent: compression.pagesPercent,
      compressedSizePercent: compression.sizePercent,
    };
  });
}

function panelMark(mark: Mark, state: MigrationState): PanelMark {
  const { elapsedMs } = mark;
  switch (mark.kind) {
    case 'iteration':
      return { kind: 'iteration', elapsedMs, iteration: mark.iteration };
    case 'gap':
      return { kind: 'gap', elapsedMs, untilMs: mark.untilMs };
    case 'phase':
      return {
        kind: 'phase',
        elapsedMs,
        label: mark.phase === 'ended' ? describePhase(state) : phaseNames[mark.phase],
      };
    case 'action':
      return { kind: 'action', elapsedMs, label: mark.label, failed: mark.failed };
  }
}

function panelLog(marks: readonly Mark[]): PanelLogEntry[] {
  return marks.flatMap((mark) =>
    mark.kind === 'action'
      ? [{ atMs: mark.atMs, text: mark.label, virshLine: mark.virshLine, answer: mark.answer, failed: mark.failed }]
      : [],
  );
}
