import type {
  PanelAction,
  PanelButton,
  PanelHeader,
  PanelInit,
  PanelLogEntry,
  PanelMark,
  PanelSample,
  PanelUpdate,
} from '../panel/protocol.js';
import { availability, type Hosts, shownActions } from './availability.js';
import { describeChange, describePhase, describeStale, phaseNames, toneOf } from './describe.js';
import { fieldsTable } from './fieldsTable.js';
import { figuresRow } from './figuresRow.js';
import { outlookFor } from './forecast/verdict.js';
import { takenSoFarText } from './forecast/taken.js';
import { leverText } from './forecast/wayTexts.js';
import type { ActionKind, Mark, Migration, MigrationState } from './model.js';
import {
  bandwidthBytesPerSecond,
  busyVcpus,
  compressionBetween,
  dirtyBytesPerSecond,
  diskRemainingBytes,
  expectedDowntimeMs,
  remainingBytes,
} from './readings.js';
import type { Progress } from './progress.js';
import { describeSentence } from './sentence.js';
import { undoOf } from './undo.js';
import { wayButtons } from './wayButtons.js';

/** What the header depends on besides the migration. */
export interface PanelSurroundings {
  readonly hosts: Hosts;
  readonly nowMs: number;
  readonly sampleIntervalMs: number;
  /** How far what runs is; none is shown without. */
  readonly progress?: Pick<Progress, 'of'>;
  /** It is only a record: of a guest that may be another's, or on hosts that are. Nothing is to be done about it. */
  readonly isRecord?: boolean;
}

/** How far the page has been told the history: histories only grow, so two counts say it all. */
export interface Sent {
  readonly samples: number;
  readonly marks: number;
}

/** With an ellipsis where something is asked first. */
const buttonLabels: Readonly<Record<ActionKind, string>> = {
  setSpeed: 'Speed…',
  setPostcopySpeed: 'Post-copy speed…',
  setMaxDowntime: 'Max downtime…',
  setCompressionCache: 'Compression cache…',
  pause: 'Pause…',
  resume: 'Resume',
  switchToPostcopy: 'Post-copy…',
  interruptPostcopy: 'Interrupt…',
  resumePostcopy: 'Resume post-copy',
  abort: 'Abort…',
};

export function panelHeader(migration: Migration, surroundings: PanelSurroundings): PanelHeader {
  const { state } = migration;
  const outlook = state.outcome === undefined && state.interrupted === undefined ? outlookFor(migration) : undefined;
  const taken = takenSoFarText(migration);
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
    buttons: (surroundings.isRecord === true ? [] : shownActions(migration)).flatMap((action): PanelButton[] => {
      const { enabled, why } = availability(action, migration, surroundings.hosts);
      const predicted = enabled ? leverText(outlook, action) : undefined;
      const button = {
        action: commandOf(action),
        label: buttonLabels[action],
        enabled,
        why: predicted === undefined ? why : `${why} Now: ${predicted}`,
      };
      // Abort stands apart from what can be taken back.
      return action === 'abort' ? [...undoButtons(migration, surroundings.hosts), button] : [button];
    }),
    ways: wayButtons(migration, outlook, surroundings.hosts),
    taken: taken === '' ? undefined : taken,
    progress: outlook === undefined ? undefined : surroundings.progress?.of(migration),
  };
}

/** One command sets both speeds: that of the phase it is in. */
function commandOf(action: ActionKind): PanelAction {
  return action === 'setPostcopySpeed' ? 'setSpeed' : action;
}

function undoButtons(migration: Migration, hosts: Hosts): PanelButton[] {
  const undo = undoOf(migration);
  if (undo === undefined || migration.state.outcome !== undefined) return [];
  const { enabled, why } = availability(undo.action.kind, migration, hosts);
  return [{ action: 'undo', label: 'Undo', enabled, why: enabled ? `${undo.label}.` : why }];
}

/** Everything, for a page that shows nothing yet. */
export function panelInit(migration: Migration, surroundings: PanelSurroundings): PanelInit {
  return {
    type: 'init',
    migrationId: migration.id,
    header: panelHeader(migration, surroundings),
    samples: panelSamples(migration, 0),
    marks: panelMarks(migration),
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
      sentence:
        'Nothing is kept of this migration any more: the oldest go first when all of them take too much. Close this panel.',
      stale: undefined,
      ended: true,
      figures: [],
      buttons: [],
      ways: [],
      taken: undefined,
      progress: undefined,
    },
    samples: [],
    marks: [],
    fields: [],
    log: [],
  };
}

/** The readings from the one with that index on, for the charts. */
export function panelSamples({ samples }: Pick<Migration, 'samples'>, from: number): PanelSample[] {
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
      busyVcpus: busyVcpus(samples, from + index),
      compressedPagesPercent: compression.pagesPercent,
      compressedSizePercent: compression.sizePercent,
    };
  });
}

export function panelMarks({ marks, state }: Pick<Migration, 'marks' | 'state'>): PanelMark[] {
  return marks.map((mark) => panelMark(mark, state));
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
    case 'change':
      return { kind: 'change', elapsedMs, label: describeChange(mark.change) };
    case 'action':
      return { kind: 'action', elapsedMs, label: mark.label, failed: mark.failed };
  }
}

function panelLog(marks: readonly Mark[]): PanelLogEntry[] {
  return marks.flatMap((mark): PanelLogEntry[] => {
    const { atMs } = mark;
    if (mark.kind === 'change') {
      return [{ atMs, text: describeChange(mark.change), virshLine: undefined, answer: undefined, failed: false }];
    }
    if (mark.kind !== 'action') return [];
    return [{ atMs, text: mark.label, virshLine: mark.virshLine, answer: mark.answer, failed: mark.failed }];
  });
}
