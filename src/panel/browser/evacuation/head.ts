import type { EvacuationAction, EvacuationHeader } from '../../evacuationProtocol.js';
import { element, icon, setAttribute, setText, setTitle } from '../dom.js';
import { PhaseBadge } from '../phase.js';
import { answerText, nameText, tooltipText } from '../text.js';
import { ButtonRow } from './buttons.js';

/** Which host, what happens, how many have left it, and what can be done about the whole. */
export class Head {
  public readonly element: HTMLElement;
  private readonly name = element('bdi', { id: 'host-name' });
  private readonly phase = new PhaseBadge();
  private readonly sentence = element('p', { id: 'sentence', className: 'sentence' });
  private readonly how = element('p', { id: 'how', className: 'how' });
  private readonly noticeText = element('span');
  private readonly notice: HTMLElement;
  private readonly bar: HTMLElement;
  private readonly filled = element('div', { className: 'bar-filled' });
  private readonly barText = element('span', { id: 'done', className: 'bar-text' });
  private readonly counts = element('dl', { id: 'counts', className: 'figures' });
  private readonly figures = new Map<string, { readonly cell: HTMLElement; readonly value: HTMLElement }>();
  private readonly buttons: ButtonRow<EvacuationAction>;
  private most = 0;

  public constructor(act: (action: EvacuationAction) => void) {
    this.buttons = new ButtonRow<EvacuationAction>(
      {
        label: 'What can be done about this evacuation',
        className: (action) => (action === 'stopAll' ? 'dangerous' : 'plain'),
      },
      act,
    );
    this.buttons.element.id = 'actions';
    this.notice = element('p', { id: 'notice', className: 'stale' }, icon('debug-disconnect'), this.noticeText);
    this.notice.hidden = true;
    this.bar = element(
      'div',
      { id: 'bar', className: 'bar', attributes: { role: 'progressbar', 'aria-label': 'Domains that have left' } },
      this.filled,
    );
    this.element = element(
      'header',
      { className: 'head' },
      element(
        'div',
        { className: 'head-row' },
        element('h1', {}, element('span', { text: 'Evacuate ' }), this.name),
        element('span', { className: 'head-tail' }, this.phase.element),
      ),
      this.sentence,
      this.how,
      this.notice,
      element('div', { className: 'bar-row' }, this.bar, this.barText),
      this.counts,
      this.buttons.element,
    );
  }

  /** Another evacuation: its bar begins anew. */
  public forget(): void {
    this.most = 0;
  }

  public render(header: EvacuationHeader): void {
    setText(this.name, nameText(header.host));
    setTitle(this.name, tooltipText(header.host));
    this.phase.render(header);
    setText(this.sentence, answerText(header.sentence));
    this.how.hidden = header.how === undefined;
    setText(this.how, answerText(header.how ?? ''));
    this.notice.hidden = header.notice === undefined;
    setText(this.noticeText, answerText(header.notice ?? ''));
    this.renderBar(header);
    this.renderCounts(header);
    this.buttons.render(header.buttons);
  }

  /** Domains, not bytes: a domain that has arrived never goes back, so neither does the bar. */
  private renderBar({ done, total }: EvacuationHeader): void {
    this.most = Math.max(this.most, Math.min(done, total));
    setAttribute(this.bar, 'aria-valuemin', '0');
    setAttribute(this.bar, 'aria-valuemax', String(total));
    setAttribute(this.bar, 'aria-valuenow', String(this.most));
    setAttribute(this.bar, 'aria-valuetext', `${this.most} of ${total} domains`);
    // A style sheet's own width: the page's policy allows no style attribute, but it may be set by script.
    this.filled.style.width = total === 0 ? '0' : `${(100 * this.most) / total}%`;
    setText(this.barText, `${this.most} of ${total}`);
  }

  private renderCounts({ counts }: EvacuationHeader): void {
    const wanted = new Set<string>(counts.map(({ status }) => status));
    for (const [status, { cell }] of this.figures) {
      if (wanted.has(status)) continue;
      cell.remove();
      this.figures.delete(status);
    }
    counts.forEach(({ status, label, count }, index) => {
      let figure = this.figures.get(status);
      if (figure === undefined) {
        const value = element('dd');
        const cell = element(
          'div',
          { className: 'figure', attributes: { 'data-count': status } },
          element('dt', { text: label }),
          value,
        );
        figure = { cell, value };
        this.figures.set(status, figure);
      }
      setText(figure.value, String(count));
      const place = this.counts.children[index] ?? null;
      if (place !== figure.cell) this.counts.insertBefore(figure.cell, place);
    });
  }
}
