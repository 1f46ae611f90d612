import uPlot from 'uplot';
import { formatElapsed, UNKNOWN } from '../format.js';
import { chartOptions, type ChartContext } from './chartOptions.js';
import type { ChartSpec, LineSpec } from './chartSpecs.js';
import { type Columns, latest } from './columns.js';
import { element, setAttribute, setText } from './dom.js';
import { Legend } from './legend.js';
import { iterationAt, isInGap, labelledNear } from './marks.js';
import { chooseScale, type ScaleKind } from './scale.js';
import { visible } from './text.js';
import type { Theme } from './theme.js';

/** How near, in pixels, one must point to a mark to be told what it is. */
const NEAR = 7;

/** One chart: its head with the figures, and the plot, made anew where its lines, its scale or the theme change. */
export class Chart<Key extends string> {
  public readonly element: HTMLElement;
  public readonly plotElement: HTMLElement;
  private readonly unit = element('span', { className: 'unit' });
  private readonly when = element('span', { className: 'when' });
  private readonly empty = element('p', { className: 'empty' });
  private readonly legend = new Legend();
  private plot: uPlot | undefined;
  private lines: readonly LineSpec<Key>[] = [];
  private kind: ScaleKind = 'linear';
  private columns: Columns<Key> | undefined;
  /** What the plot was made for. */
  private made = '';

  public constructor(
    public readonly spec: ChartSpec<Key>,
    private readonly context: ChartContext,
  ) {
    this.plotElement = element('div', {
      className: 'plot',
      attributes: { role: 'img', tabindex: '0', 'aria-label': `${spec.title}: no reading yet` },
    });
    const title = element('h2', { text: spec.title });
    title.append(' ', this.unit);
    this.element = element(
      'section',
      { id: `chart-${spec.id}`, className: 'chart' },
      element(
        'div',
        { className: 'chart-head' },
        element('div', { className: 'chart-title' }, title, this.when),
        this.legend.element,
      ),
      element('div', { className: 'plot-area' }, this.plotElement, this.empty),
    );
  }

  public render(columns: Columns<Key>, theme: Theme, themeVersion: number): void {
    this.columns = columns;
    const { spec } = this;
    const known = spec.lines.some((line) => columns.has[line.key]);
    this.element.hidden = spec.optional === true && !known;
    if (this.element.hidden) {
      this.plot?.destroy();
      this.plot = undefined;
      return;
    }
    this.empty.hidden = known;
    setText(this.empty, columns.x.length === 0 ? 'Waiting for the first reading' : 'Not told by this host so far');
    const lines = spec.lines.filter((line) => line.optional !== true || columns.has[line.key]);
    const kind = spec.adaptive === true ? chooseScale(...lines.map((line) => columns.values[line.key])) : 'linear';
    const wanted = [themeVersion, kind, this.context.hasRightAxis(), ...lines.map((line) => line.key)].join(' ');
    const data: uPlot.AlignedData = [columns.x, ...lines.map((line) => columns.values[line.key])];
    this.lines = lines;
    this.kind = kind;
    if (wanted === this.made && this.plot !== undefined) this.plot.setData(data);
    else this.make(data, theme, wanted);
    this.describe();
    this.readOut();
  }

  /** The unit follows the axis, which uPlot ranges when it draws. */
  public showUnit(): void {
    setText(this.unit, this.unitText());
  }

  private unitText(): string {
    const { axisUnit } = this.spec.quantity;
    const unit = axisUnit(this.plot?.scales['y']?.max ?? 1);
    const right = this.lines.find((line) => line.right === true);
    if (right !== undefined) {
      return `${unit} · ${right.label.toLowerCase()} at the right, ${axisUnit(this.plot?.scales['right']?.max ?? 1)}`;
    }
    return this.kind === 'log' ? `${unit} log scale`.trim() : unit;
  }

  private make(data: uPlot.AlignedData, theme: Theme, wanted: string): void {
    this.plot?.destroy();
    this.legend.setLines(this.lines);
    const options = chartOptions(this.spec, this.lines, this.kind, theme, this.size(), this.context);
    this.plot = new uPlot(options, data, this.plotElement);
    this.made = wanted;
  }

  private size(): { width: number; height: number } {
    return { width: Math.max(200, this.plotElement.clientWidth), height: Math.max(120, this.plotElement.clientHeight) };
  }

  public resize(): void {
    const { plot } = this;
    const size = this.size();
    if (plot === undefined || (plot.width === size.width && plot.height === size.height)) return;
    plot.setSize(size);
  }

  /** Draws the stretch of time that the charts show now. */
  public showSpan(): void {
    const [min, max] = this.context.span();
    this.plot?.setScale('x', { min, max });
  }

  /** Puts the cursor on a reading, as the pointer would. */
  public pointAt(index: number): void {
    const seconds = this.columns?.x[index];
    if (this.plot === undefined || seconds === undefined) return;
    const left = this.plot.valToPos(seconds, 'x');
    this.plot.setCursor({ left, top: this.plot.over.clientHeight / 2 }, true);
  }

  public leave(): void {
    this.plot?.setCursor({ left: -10, top: -10 }, true);
  }

  public owns(plot: uPlot): boolean {
    return this.plot === plot;
  }

  public get pointedIndex(): number | undefined {
    return this.plot?.cursor.idx ?? undefined;
  }

  /** Where, and when, the figures that are shown were read. */
  public readOut(): void {
    const { columns, plot } = this;
    if (columns === undefined || plot === undefined) return;
    const index = this.pointedIndex;
    const seconds = index === undefined ? undefined : columns.x[index];
    this.element.classList.toggle('pointed', seconds !== undefined);
    this.legend.setValues(this.values(index));
    setText(this.when, seconds === undefined ? '' : this.placeOf(seconds * 1000, plot));
  }

  /** `Memory 121 MiB, Disk 2.00 GiB`, for those who hear it. */
  public spoken(index: number | undefined): string {
    const values = this.values(index);
    return this.lines.map((line, place) => `${line.label} ${values[place] ?? UNKNOWN}`).join(', ');
  }

  private values(index: number | undefined): string[] {
    const { columns, spec } = this;
    if (columns === undefined) return [];
    return this.lines.map((line) => {
      const last = spec.lastKnown === true ? latest(columns, line.key)?.index : columns.x.length - 1;
      const value = columns.values[line.key][index ?? last ?? -1];
      return value === null || value === undefined ? UNKNOWN : spec.quantity.format(value);
    });
  }

  private placeOf(elapsedMs: number, plot: uPlot): string {
    const marks = this.context.marks();
    const [min, max] = this.context.span();
    const perPixel = ((max - min) * 1000) / Math.max(1, plot.over.clientWidth);
    const mark = labelledNear(marks, elapsedMs, perPixel * NEAR);
    const iteration = iterationAt(marks, elapsedMs);
    const parts = [`at ${formatElapsed(elapsedMs)}`];
    if (isInGap(marks, elapsedMs)) parts.push('not watched');
    else if (iteration !== undefined) parts.push(`iteration ${iteration}`);
    if (mark !== undefined)
      parts.push(`${visible(mark.label)}${mark.kind === 'action' && mark.failed ? ' (failed)' : ''}`);
    return parts.join(' · ');
  }

  private describe(): void {
    const { columns, spec } = this;
    if (columns === undefined) return;
    const found = this.lines.flatMap((line) => {
      const last = latest(columns, line.key);
      return last === undefined ? [] : [{ line, ...last }];
    });
    const at = columns.x[Math.max(-1, ...found.map(({ index }) => index))];
    const figures = this.lines.map((line) => {
      const last = found.find((candidate) => candidate.line === line);
      return `${line.label} ${last === undefined ? 'unknown' : spec.quantity.format(last.value)}`;
    });
    const when = at === undefined ? '' : ` at ${formatElapsed(at * 1000)}`;
    setAttribute(
      this.plotElement,
      'aria-label',
      `${spec.title}: ${at === undefined ? 'no reading yet' : figures.join(', ')}${when}`,
    );
  }
}
