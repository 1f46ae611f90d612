import type { ChartSpec, LineSpec } from '../chartSpecs.js';
import type { ColumnKey } from '../columns.js';
import { QUANTITIES, type Quantity } from '../quantities.js';
import type { ComparedKey } from './joined.js';

/** The charts of two migrations: one figure each, a line for each migration. */
export function comparedCharts(first: string, second: string): readonly ChartSpec<ComparedKey>[] {
  const chart = (key: ColumnKey, title: string, quantity: Quantity, meaning: string): ChartSpec<ComparedKey> => {
    const line = (of: 1 | 2): LineSpec<ComparedKey> => ({
      key: `${key}${of}`,
      label: of === 1 ? first : second,
      meaning,
      colour: of === 1 ? 'blue' : 'yellow',
      pattern: of === 1 ? 'solid' : 'dashed',
    });
    return { id: key, title, quantity, lines: [line(1), line(2)], lastKnown: true };
  };
  return [
    chart('remaining', 'Memory remaining', QUANTITIES.bytes, 'Memory still to be sent.'),
    chart('bandwidth', 'Bandwidth', QUANTITIES.rate, 'What goes over the network.'),
    chart('dirty', 'Dirty rate', QUANTITIES.rate, 'How fast the guest writes memory.'),
    {
      ...chart('expected', 'Expected downtime', QUANTITIES.downtime, 'How long the guest would stand still.'),
      adaptive: true,
    },
  ];
}
