import type uPlot from 'uplot';
import { formatElapsed } from '../format.js';
import { Chart } from './chart.js';
import type { ChartSpec } from './chartSpecs.js';
import type { Columns } from './columns.js';
import { element, icon, setText } from './dom.js';
import { type SortedMarks, sortMarks } from './marks.js';
import { type Span, timeSpan } from './scale.js';
import { readTheme, type Theme } from './theme.js';

/** A stretch shorter than that shows nothing: readings are a second apart. */
const LEAST_ZOOM_SECONDS = 2;

/** Charts of one thing: the same time, the same stretch of it, the same marks. */
export class ChartGroup<Key extends string> {
  public readonly element: HTMLElement;
  private readonly charts: readonly Chart<Key>[];
  private readonly zoomBar: HTMLElement;
  private readonly zoomText = element('span');
  private columns: Columns<Key> | undefined;
  private marks: SortedMarks = sortMarks([]);
  private whole: Span = timeSpan(0, 0, false);
  private zoomed: Span | undefined;
  private theme: Theme = readTheme();
  private themeVersion = 0;

  public constructor(
    specs: readonly ChartSpec<Key>[],
    private readonly say: (text: string) => void,
  ) {
    const context = {
      marks: () => this.marks,
      span: () => this.zoomed ?? this.whole,
      zoom: (span: Span | undefined) => this.zoom(span),
      hasRightAxis: () =>
        specs.some(({ lines }) => lines.some(({ right, key }) => right === true && this.columns?.has[key] === true)),
      pointed: (plot: uPlot) => this.chartOf(plot)?.readOut(),
      drawn: (plot: uPlot) => this.chartOf(plot)?.showUnit(),
    };
    this.charts = specs.map((spec) => new Chart(spec, context));
    const showAll = element('button', { className: 'plain small', attributes: { type: 'button' } });
    showAll.append(icon('zoom-out'), element('span', { text: 'Show all' }));
    showAll.addEventListener('click', () => this.zoom(undefined));
    this.zoomBar = element('div', { id: 'zoom', className: 'zoom' }, this.zoomText, showAll);
    this.zoomBar.hidden = true;
    const grid = element('div', { className: 'charts' }, ...this.charts.map((chart) => chart.element));
    this.element = element('div', { id: 'charts', className: 'charts-area' }, this.zoomBar, grid);
    const resized = new ResizeObserver(() => {
      for (const chart of this.charts) chart.resize();
    });
    for (const chart of this.charts) {
      resized.observe(chart.plotElement);
      chart.plotElement.addEventListener('keydown', (event) => this.onKey(chart, event));
      chart.plotElement.addEventListener('blur', () => this.leave());
    }
  }

  /** What is drawn, and the stretch of time that the whole takes. */
  public show(columns: Columns<Key>, marks: SortedMarks, whole: Span): void {
    this.columns = columns;
    this.marks = marks;
    this.whole = whole;
    this.render();
  }

  public setTheme(): void {
    this.theme = readTheme();
    this.themeVersion += 1;
    this.render();
  }

  /** Another migration: a stretch of the last one means nothing here. */
  public reset(): void {
    this.zoomed = undefined;
    this.zoomBar.hidden = true;
  }

  private chartOf(plot: uPlot): Chart<Key> | undefined {
    return this.charts.find((chart) => chart.owns(plot));
  }

  private render(): void {
    const { columns } = this;
    if (columns === undefined) return;
    for (const chart of this.charts) chart.render(columns, this.theme, this.themeVersion);
  }

  private zoom(span: Span | undefined): void {
    const fits = span !== undefined && span[1] - span[0] >= LEAST_ZOOM_SECONDS;
    if (span !== undefined && !fits) return;
    this.zoomed = span === undefined ? undefined : [Math.max(span[0], this.whole[0]), Math.min(span[1], this.whole[1])];
    this.zoomBar.hidden = this.zoomed === undefined;
    if (this.zoomed !== undefined) {
      const [from, to] = this.zoomed;
      setText(this.zoomText, `Showing ${formatElapsed(from * 1000)} to ${formatElapsed(to * 1000)}`);
    }
    for (const chart of this.charts) chart.showSpan();
  }

  /** Arrows walk through the readings, Escape lets go; plus and minus zoom about the reading pointed at. */
  private onKey(chart: Chart<Key>, event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const last = (this.columns?.x.length ?? 0) - 1;
    const now = chart.pointedIndex ?? last;
    const step = event.shiftKey ? 10 : 1;
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: now - step,
      ArrowRight: now + step,
      Home: 0,
      End: last,
    };
    const target = targets[event.key];
    if (target !== undefined && last >= 0) this.pointAt(chart, Math.min(last, Math.max(0, target)));
    else if (event.key === '+' || event.key === '=') this.zoomAbout(now, 0.5);
    else if (event.key === '-') this.zoomAbout(now, 2);
    else if (event.key === 'Escape' && chart.pointedIndex !== undefined) this.leave();
    else if (event.key === 'Escape' && this.zoomed !== undefined) this.zoom(undefined);
    else return;
    event.preventDefault();
  }

  private pointAt(chart: Chart<Key>, index: number): void {
    const seconds = this.columns?.x[index] ?? 0;
    if (this.zoomed !== undefined && (seconds < this.zoomed[0] || seconds > this.zoomed[1])) return;
    for (const each of this.charts) each.pointAt(index);
    this.say(`${formatElapsed(seconds * 1000)}: ${chart.spoken(index)}`);
  }

  private leave(): void {
    for (const chart of this.charts) chart.leave();
  }

  private zoomAbout(index: number, factor: number): void {
    const [from, to] = this.zoomed ?? this.whole;
    const centre = this.columns?.x[index] ?? (from + to) / 2;
    const next: Span = [centre - (centre - from) * factor, centre + (to - centre) * factor];
    const all = next[0] <= this.whole[0] && next[1] >= this.whole[1];
    this.zoom(all ? undefined : next);
  }
}
