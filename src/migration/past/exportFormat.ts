import * as v from 'valibot';
import type { Forecast } from '../forecast/forecast.js';
import type { JobFigures, Mark, MigrationState, Sample } from '../model.js';
import type { MigrationIdentity } from '../trackedMigration.js';

export const exportFormat = 'libvirt-live-migration';
/** Grows with additions only; a reader of this version passes over what it does not know. */
export const exportVersion = 1;

/** A migration in a file of JSON. */
export interface ExportedMigration {
  readonly format: typeof exportFormat;
  readonly version: number;
  readonly exportedAt: string;
  readonly migration: MigrationIdentity;
  readonly state: MigrationState | undefined;
  readonly marks: readonly Mark[];
  readonly readings: readonly ExportedReading[];
}

/** One reading: the fields as domjobinfo printed them, in their order. */
export interface ExportedReading extends Omit<Sample, 'job'> {
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Its figures, where no field gave them. */
  readonly job?: JobFigures;
  readonly forecast?: Forecast;
}

const longest = 20_000;
const text = v.pipe(v.string(), v.maxLength(longest));
const name = v.pipe(v.string(), v.maxLength(500));
const figure = v.pipe(v.number(), v.finite());
const optionalFigure = v.optional(figure);
const time = v.pipe(v.number(), v.finite(), v.minValue(0));

const phase = v.picklist(['setup', 'diskCopy', 'precopy', 'paused', 'postcopy', 'postcopyInterrupted', 'ended']);

const outcome = v.variant('kind', [
  v.object({
    kind: v.literal('completed'),
    result: v.object({
      totalTimeMs: optionalFigure,
      downtimeMs: optionalFigure,
      transferredBytes: optionalFigure,
      iterations: optionalFigure,
    }),
  }),
  v.object({ kind: v.literal('failed'), reason: text }),
  v.object({ kind: v.literal('aborted') }),
  v.object({ kind: v.literal('endedWithoutCompleting') }),
  v.object({ kind: v.literal('lost'), reason: text }),
]);

const place = v.variant('kind', [
  v.object({ kind: v.literal('fine'), on: name, note: v.optional(text) }),
  v.object({ kind: v.literal('unknown'), text }),
  v.object({
    kind: v.literal('wrong'),
    problem: v.picklist(['runsTwice', 'leftOver', 'pausedTwice', 'halfOnEach', 'paused', 'runsNowhere']),
    short: text,
    text,
    advice: text,
    resumeOn: v.optional(name),
  }),
]);

const at = { atMs: time, elapsedMs: time };

const mark = v.variant('kind', [
  v.object({ kind: v.literal('iteration'), ...at, iteration: figure }),
  v.object({ kind: v.literal('phase'), ...at, phase }),
  v.object({ kind: v.literal('gap'), ...at, untilMs: time }),
  v.object({
    kind: v.literal('change'),
    ...at,
    change: v.union([
      v.object({ value: v.picklist(['speed', 'postcopySpeed', 'maxDowntime']), from: figure, to: figure }),
      v.object({ value: v.literal('guest'), to: v.literal('paused') }),
    ]),
  }),
  v.object({
    kind: v.literal('action'),
    ...at,
    action: v.picklist([
      'setSpeed',
      'setPostcopySpeed',
      'setMaxDowntime',
      'setCompressionCache',
      'pause',
      'resume',
      'switchToPostcopy',
      'interruptPostcopy',
      'resumePostcopy',
      'abort',
    ]),
    label: text,
    virshLine: text,
    answer: text,
    failed: v.boolean(),
    before: optionalFigure,
  }),
]);

const forecast = v.variant('kind', [
  v.object({
    kind: v.literal('finishes'),
    medianMs: figure,
    intervalMs: v.tuple([figure, v.nullish(figure)]),
    freezeMs: figure,
    freezeIntervalMs: v.tuple([figure, figure]),
    sure: figure,
    atLeast: v.boolean(),
  }),
  v.object({ kind: v.literal('never'), sure: figure, roundBytes: figure }),
  v.object({ kind: v.literal('stalled'), sinceMs: figure }),
  v.object({ kind: v.literal('tooEarly') }),
]);

const measuredSpan = v.object({ seconds: figure, dirtiedBytes: figure, vcpus: optionalFigure });
const mostMeasured = 1000;
/** A form is watched for ten minutes at most. */
const mostEarlier = 10_000;

/** More than a week's readings of one a second are no migration's. */
const mostReadings = 700_000;

/** What an exported file must be; marks and forecasts that a later version knows are let through as they are, and left out. */
export const exportSchema = v.object({
  format: v.literal(exportFormat),
  version: v.number(),
  migration: v.object({
    id: v.optional(name),
    domainUuid: v.optional(name, ''),
    domainName: name,
    domainTitle: v.optional(text),
    source: name,
    startedAtMs: time,
  }),
  state: v.optional(
    v.object({
      phase,
      destination: v.optional(name),
      outcome: v.optional(outcome),
      interrupted: v.optional(text),
      leftPausedOn: v.optional(name),
      endedAtMs: v.optional(time),
      place: v.optional(place),
    }),
  ),
  marks: v.optional(v.array(v.unknown()), []),
  readings: v.pipe(
    v.array(
      v.object({
        ...at,
        maxDowntimeMs: optionalFigure,
        speedLimitMiBps: optionalFigure,
        postcopySpeedMiBps: optionalFigure,
        residentBytes: optionalFigure,
        isEmulated: v.optional(v.boolean()),
        vcpuMs: optionalFigure,
        earlierVcpus: v.optional(v.pipe(v.array(v.tuple([figure, figure])), v.maxLength(mostEarlier))),
        measured: v.optional(v.pipe(v.array(measuredSpan), v.maxLength(mostMeasured))),
        fields: v.pipe(v.array(v.tuple([name, text])), v.maxLength(500)),
        job: v.optional(v.record(name, v.union([v.number(), v.string(), v.boolean()]))),
        forecast: v.optional(v.unknown()),
      }),
    ),
    v.maxLength(mostReadings),
  ),
});

export function readMark(value: unknown): Mark | undefined {
  const parsed = v.safeParse(mark, value);
  return parsed.success ? (parsed.output as Mark) : undefined;
}

export function readForecast(value: unknown): Forecast | undefined {
  const parsed = v.safeParse(forecast, value);
  if (!parsed.success) return undefined;
  const said = parsed.output;
  if (said.kind !== 'finishes') return said;
  return { ...said, intervalMs: [said.intervalMs[0], said.intervalMs[1] ?? undefined] };
}
