import type { FormView } from '../../formProtocol.js';
import { copyButton } from '../copyButton.js';
import { element, icon, setText } from '../dom.js';
import { answerText } from '../text.js';
import type { Post } from './fields.js';
import type { Part } from './parts.js';
import { pressButton } from './pressButton.js';

/** The exact line, what was refused, and the buttons: always in sight. */
export class Footer implements Part<FormView> {
  public readonly element: HTMLElement;
  private readonly code = element('code', { id: 'line' });
  private readonly noLine = element('span', { className: 'empty', text: 'There is no line yet.' });
  private readonly refusalText = element('pre', { id: 'refusal-text' });
  private readonly refusal = element(
    'div',
    { id: 'refusal', className: 'refusal', attributes: { role: 'alert' } },
    icon('error'),
    this.refusalText,
  );
  private readonly why = element('span', { id: 'start-why', className: 'why', attributes: { 'aria-live': 'polite' } });
  private readonly migrate;
  private readonly cancel;
  private readonly copy: HTMLButtonElement;
  private line = '';

  public constructor(post: Post, copy: (text: string) => void) {
    this.migrate = pressButton({ id: 'migrate', label: 'Migrate', icon: 'play', className: 'primary' }, () =>
      post({ type: 'press', button: 'migrate' }),
    );
    this.migrate.element.setAttribute('aria-describedby', this.why.id);
    this.migrate.element.title = 'Ctrl+Enter';
    this.cancel = pressButton({ id: 'cancel', label: 'Cancel', className: 'plain' }, () =>
      post({ type: 'press', button: 'cancel' }),
    );
    this.copy = copyButton('Copy the virsh line', () => copy(this.line));
    this.element = element(
      'footer',
      { className: 'foot' },
      this.refusal,
      element(
        'div',
        { className: 'virsh-line', attributes: { role: 'group', 'aria-label': 'The exact virsh line' } },
        this.code,
        this.noLine,
        this.copy,
      ),
      element('div', { className: 'foot-buttons' }, this.migrate.element, this.cancel.element, this.why),
    );
  }

  public render({ line, refusal, start }: FormView): void {
    this.line = line ?? '';
    this.renderLine();
    this.code.hidden = line === undefined;
    this.noLine.hidden = line !== undefined;
    this.copy.hidden = line === undefined;
    // Empty first: an alert is read when its text comes.
    this.refusal.hidden = refusal === undefined;
    setText(this.refusalText, answerText(refusal ?? ''));
    this.migrate.setEnabled(start.enabled);
    this.migrate.setLabel(start.busy ? 'Starting…' : 'Migrate');
    setText(this.why, answerText(start.why));
    this.element.dataset['blocked'] = String(!start.enabled && !start.busy);
  }

  /** A word is broken only where it alone is longer than its line: `--undefinesource` is one. */
  private renderLine(): void {
    const text = answerText(this.line);
    if (this.code.textContent === text) return;
    const words = text.split(' ').map((word) => element('span', { className: 'word', text: word }));
    this.code.replaceChildren(...words.flatMap((word, index) => (index === 0 ? [word] : [' ', word])));
  }

  public pressMigrate(): void {
    this.migrate.element.click();
  }

  /** The first Escape goes to Cancel, the second closes. */
  public escape(): void {
    if (document.activeElement === this.cancel.element) this.cancel.element.click();
    else this.cancel.element.focus();
  }
}
