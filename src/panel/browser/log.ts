import type { PanelLogEntry } from '../protocol.js';
import { copyButton } from './copyButton.js';
import { element, icon } from './dom.js';
import { answerText } from './text.js';

/** `02:14:07`, by this machine's clock: what an engineer compares with the host's journal. */
function clockTime(atMs: number): string {
  const date = new Date(atMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':');
}

/** What was done, with its exact virsh line and virsh's answer. Entries only ever follow each other. */
export class ActionLog {
  public readonly element: HTMLElement;
  private readonly list = element('ol', { id: 'log', className: 'log' });
  private readonly none = element('p', { className: 'empty', text: 'Nothing was done to this migration from here.' });

  public constructor(private readonly copy: (text: string) => void) {
    this.element = element(
      'section',
      { className: 'card', attributes: { 'aria-labelledby': 'log-heading' } },
      element('div', { className: 'card-head' }, element('h2', { id: 'log-heading', text: 'Actions' })),
      this.none,
      this.list,
    );
  }

  public clear(): void {
    this.list.replaceChildren();
    this.none.hidden = false;
  }

  public append(entries: readonly PanelLogEntry[]): void {
    if (entries.length === 0) return;
    this.none.hidden = true;
    this.list.append(...entries.map((entry) => this.entry(entry)));
  }

  private entry({ atMs, text, virshLine, answer, failed }: PanelLogEntry): HTMLElement {
    const time = element('time', { text: clockTime(atMs), title: new Date(atMs).toString() });
    const what = element('span', { className: 'log-text', text: answerText(text) });
    const line = element('div', { className: 'log-line' }, time, icon(failed ? 'error' : 'pass'), what);
    if (failed) line.append(element('span', { className: 'log-failed', text: 'failed' }));
    const item = element('li', { className: failed ? 'failed' : 'done' }, line);
    if (virshLine !== undefined) {
      item.append(
        element(
          'div',
          { className: 'log-virsh' },
          element('code', { text: answerText(virshLine) }),
          copyButton('Copy the virsh line', () => this.copy(virshLine)),
        ),
      );
    }
    if (answer !== undefined && answer.trim() !== '') {
      item.append(element('pre', { className: 'log-answer', text: answerText(answer.trim()) }));
    }
    return item;
  }
}
