import type { PanelProgress } from '../protocol.js';
import { element, setAttribute, setText } from './dom.js';

/** How far a migration is that is judged to end; nothing at all for any other. */
export class ProgressBar {
  public readonly element: HTMLElement;
  private readonly bar = element('div', {
    id: 'progress',
    className: 'progress-bar',
    attributes: { role: 'progressbar', 'aria-valuemin': '0', 'aria-valuemax': '100', 'aria-label': 'Progress' },
  });
  private readonly done = element('div', { className: 'progress-done' });
  private readonly text = element('span', { className: 'progress-text' });

  public constructor() {
    this.bar.append(this.done);
    this.element = element('div', { className: 'progress' }, this.bar, this.text);
    this.element.hidden = true;
  }

  public render(progress: PanelProgress | undefined): void {
    this.element.hidden = progress === undefined;
    if (progress === undefined) return;
    const percent = Math.max(0, Math.min(100, progress.percent));
    // By a style's own property, which a page without inline styles may set.
    this.done.style.setProperty('width', `${percent.toFixed(1)}%`);
    setAttribute(this.bar, 'aria-valuenow', percent.toFixed(0));
    setAttribute(this.bar, 'aria-valuetext', `${percent.toFixed(0)} %, ${progress.text}`);
    setText(this.text, progress.text);
  }
}
