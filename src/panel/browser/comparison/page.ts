import type { ComparedRow, ComparedSide, ComparisonInit, FromComparison } from '../../comparisonProtocol.js';
import { Announcer } from '../announcer.js';
import { ChartGroup } from '../chartGroup.js';
import { toColumns } from '../columns.js';
import { element, icon } from '../dom.js';
import { sortMarks } from '../marks.js';
import { PhaseBadge } from '../phase.js';
import { timeSpan } from '../scale.js';
import { nameText, tooltipText } from '../text.js';
import { type ComparedKey, joined } from './joined.js';
import { comparedCharts } from './specs.js';

const LETTERS = ['A', 'B'] as const;

/** Two migrations: who they are, their figures in a table, and their lines in the same charts, each from its own start. */
export class ComparisonPage {
  public readonly element = element('main', { id: 'comparison' });
  private readonly announcer = new Announcer();
  private charts: ChartGroup<ComparedKey> | undefined;

  public constructor(private readonly post: (message: FromComparison) => void) {}

  public show({ sides, rows }: ComparisonInit): void {
    if (sides === undefined) {
      this.charts = undefined;
      const text = 'Nothing is kept of one of these migrations any more. Close this page.';
      this.element.replaceChildren(element('p', { id: 'gone', text }));
      return;
    }
    const [first, second] = sides;
    const labels = sides.map(({ domainName }, index) => `${LETTERS[index] ?? ''} · ${nameText(domainName)}`);
    const charts = new ChartGroup(comparedCharts(labels[0] ?? '', labels[1] ?? ''), (text) => this.announcer.say(text));
    this.charts = charts;
    this.element.replaceChildren(
      element('h1', { className: 'visually-hidden', text: 'Two migrations compared' }),
      element('div', { className: 'sides' }, this.side(first, 0), this.side(second, 1)),
      table(rows, labels),
      charts.element,
      this.announcer.element,
    );
    requestAnimationFrame(() => {
      const columns = joined(toColumns(first.samples, first.marks), toColumns(second.samples, second.marks));
      const last = columns.x.at(-1) ?? 0;
      charts.element.dataset['samples'] = `${first.samples.length} ${second.samples.length}`;
      charts.show(columns, sortMarks([]), timeSpan(columns.firstSeconds, last, true));
    });
  }

  public setTheme(): void {
    this.charts?.setTheme();
  }

  private side({ migrationId, domainName, source, destination, started, ...rest }: ComparedSide, index: 0 | 1): Node {
    const phase = new PhaseBadge();
    phase.render(rest);
    phase.element.removeAttribute('id');
    const open = element(
      'button',
      { className: 'plain small', attributes: { type: 'button', 'data-open': migrationId } },
      icon('graph-line'),
      element('span', { text: 'Open' }),
    );
    open.addEventListener('click', () => this.post({ type: 'open', migrationId }));
    return element(
      'section',
      { className: `side side-${index + 1}`, attributes: { 'aria-label': `Migration ${LETTERS[index]}` } },
      element(
        'div',
        { className: 'side-head' },
        element('span', { className: 'letter', text: LETTERS[index] }),
        element('h2', { className: 'side-name', text: nameText(domainName), title: tooltipText(domainName) }),
        phase.element,
      ),
      element(
        'div',
        { className: 'side-facts' },
        element('span', { className: 'side-route', text: `${nameText(source)} → ${nameText(destination ?? '?')}` }),
        element('span', { text: started }),
        open,
      ),
    );
  }
}

function table(rows: readonly ComparedRow[], labels: readonly string[]): HTMLElement {
  const head = ['Figure', ...labels].map((text) => element('th', { text, attributes: { scope: 'col' } }));
  return element(
    'table',
    { id: 'figures-table', className: 'fields compared' },
    element('thead', {}, element('tr', {}, ...head)),
    element(
      'tbody',
      {},
      ...rows.map(({ label, meaning, first, second }) => {
        const row = element(
          'tr',
          { title: tooltipText(meaning) },
          element('th', { text: label, attributes: { scope: 'row' } }),
          element('td', { className: 'value', text: nameText(first) }),
          element('td', { className: 'value', text: nameText(second) }),
        );
        row.dataset['row'] = label;
        return row;
      }),
    ),
  );
}
