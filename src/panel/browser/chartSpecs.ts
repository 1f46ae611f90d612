import type { ColumnKey } from './columns.js';
import { QUANTITIES, type Quantity } from './quantities.js';
import type { LineColour } from './theme.js';

/** Lines differ by their pattern as well: colours alone are no difference to everyone. */
export type Pattern = 'solid' | 'dashed' | 'dotted';

export interface LineSpec<Key extends string = ColumnKey> {
  readonly key: Key;
  readonly label: string;
  readonly meaning: string;
  readonly colour: LineColour;
  readonly pattern: Pattern;
  readonly area?: boolean;
  /** The figure holds until the next reading: a limit, a throttle. */
  readonly stepped?: boolean;
  /** Only where the host gives it. */
  readonly optional?: boolean;
  /** Measured on an axis of its own, at the right: a disk is tens of times the memory, whose sawtooth must be seen. */
  readonly right?: boolean;
}

export interface ChartSpec<Key extends string = ColumnKey> {
  readonly id: string;
  readonly title: string;
  readonly quantity: Quantity;
  readonly lines: readonly LineSpec<Key>[];
  /** May turn to a log scale, where its lines are far apart. */
  readonly adaptive?: boolean;
  /** Shown only where one of its lines has a figure. */
  readonly optional?: boolean;
  /** While nobody points at anything each line has its own last figure: its lines end at different times. */
  readonly lastKnown?: boolean;
}

export const CHARTS: readonly ChartSpec[] = [
  {
    id: 'remaining',
    title: 'Memory remaining',
    quantity: QUANTITIES.bytes,
    lines: [
      {
        key: 'remaining',
        label: 'Memory',
        meaning: 'Memory still to be sent. It rises at each iteration by what the guest wrote meanwhile.',
        colour: 'blue',
        pattern: 'solid',
        area: true,
      },
      {
        key: 'diskRemaining',
        label: 'Disk',
        meaning: 'Storage still to be copied.',
        colour: 'purple',
        pattern: 'dashed',
        optional: true,
        right: true,
      },
    ],
  },
  {
    id: 'rates',
    title: 'Bandwidth against dirty rate',
    quantity: QUANTITIES.rate,
    lines: [
      {
        key: 'bandwidth',
        label: 'Bandwidth',
        meaning: 'What goes over the network.',
        colour: 'blue',
        pattern: 'solid',
      },
      {
        key: 'dirty',
        label: 'Dirty rate',
        meaning:
          'How fast the guest writes memory, as QEMU measures it at each iteration: at a stall it equals the bandwidth. Not known in iteration 1.',
        colour: 'yellow',
        pattern: 'dashed',
      },
    ],
  },
  {
    id: 'downtime',
    title: 'Expected against allowed downtime',
    quantity: QUANTITIES.downtime,
    adaptive: true,
    lines: [
      {
        key: 'expected',
        label: 'Expected',
        meaning:
          'How long the guest would stand still if it switched over at the end of an iteration. Not known in iteration 1.',
        colour: 'purple',
        pattern: 'solid',
      },
      {
        key: 'allowed',
        label: 'Allowed',
        meaning: 'The maximum downtime in force: QEMU switches over as soon as the rest fits into it.',
        colour: 'green',
        pattern: 'dashed',
        stepped: true,
      },
    ],
  },
  {
    id: 'vcpus',
    title: 'Busy virtual CPUs',
    quantity: QUANTITIES.vcpus,
    optional: true,
    lines: [
      {
        key: 'busyVcpus',
        label: 'Busy',
        meaning:
          'How many of the guest’s virtual CPUs worked since the reading before, on average. What a guest writes mostly goes up and down with them.',
        colour: 'green',
        pattern: 'solid',
        area: true,
        optional: true,
      },
    ],
  },
  {
    id: 'throttle',
    title: 'Throttle and compression',
    quantity: QUANTITIES.percent,
    optional: true,
    lines: [
      {
        key: 'throttle',
        label: 'CPU throttle',
        meaning: 'How much of its processor time auto-converge takes from the guest.',
        colour: 'yellow',
        pattern: 'solid',
        area: true,
        stepped: true,
        optional: true,
      },
      {
        key: 'compressedPages',
        label: 'Pages compressed',
        meaning: 'Of the pages sent since the reading before, those sent compressed.',
        colour: 'blue',
        pattern: 'dashed',
        optional: true,
      },
      {
        key: 'compressedSize',
        label: 'Compressed size',
        meaning: 'Size of a compressed page against a whole one.',
        colour: 'green',
        pattern: 'dotted',
        optional: true,
      },
    ],
  },
];

export const DASHES: Readonly<Record<Pattern, number[]>> = { solid: [], dashed: [7, 4], dotted: [2, 3] };
