import type { PanelMark, PanelSample } from '../protocol.js';
import { ChartGroup } from './chartGroup.js';
import { CHARTS } from './chartSpecs.js';
import { type ColumnKey, toColumns } from './columns.js';
import { sortMarks } from './marks.js';
import { timeSpan } from './scale.js';

/** The charts of one migration. */
export class Charts extends ChartGroup<ColumnKey> {
  public constructor(say: (text: string) => void) {
    super(CHARTS, say);
  }

  /** `untilMs`: only what was known then is drawn, on the time axis of the whole. */
  public setData(
    allSamples: readonly PanelSample[],
    allMarks: readonly PanelMark[],
    ended: boolean,
    untilMs = Infinity,
  ): void {
    const samples = untilMs === Infinity ? allSamples : allSamples.filter(({ elapsedMs }) => elapsedMs <= untilMs);
    const marks =
      untilMs === Infinity
        ? allMarks
        : allMarks.filter((mark) => (mark.kind === 'gap' ? mark.untilMs : mark.elapsedMs) <= untilMs);
    const columns = toColumns(samples, marks);
    // A canvas can't be read: what is drawn, and how many stretches nobody watched, is told here for tests and scripts.
    this.element.dataset['samples'] = String(samples.length);
    this.element.dataset['firstMs'] = String(samples[0]?.elapsedMs ?? '');
    this.element.dataset['gaps'] = String(marks.filter(({ kind }) => kind === 'gap').length);
    const lastMs = Math.max(allSamples.at(-1)?.elapsedMs ?? 0, sortMarks(allMarks).lastMs);
    const last = lastMs / 1000;
    this.show(columns, sortMarks(marks), timeSpan(columns.firstSeconds, last, ended));
  }
}
