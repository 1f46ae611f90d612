import type { FormCheck, FormPreflight } from '../../formProtocol.js';
import { element, icon, setText } from '../dom.js';
import { answerText, nameText } from '../text.js';
import type { Post } from './fields.js';
import { Note } from './note.js';
import { type Part, PartList } from './parts.js';
import { pressButton } from './pressButton.js';

const VERDICTS: Readonly<Record<FormCheck['verdict'], { readonly icon: string; readonly word: string }>> = {
  passed: { icon: 'pass', word: 'passed' },
  warned: { icon: 'warning', word: 'warned' },
  failed: { icon: 'error', word: 'failed' },
  unknown: { icon: 'question', word: 'can’t tell' },
};

/** All that was looked at before anything moves, what to expect, and what would make it better. */
export class Checks implements Part<FormPreflight> {
  public readonly element: HTMLElement;
  private readonly summary = new Note('preflight-summary');
  private readonly list = element('ul', { id: 'checks', className: 'checks' });
  private readonly lines = new PartList<FormCheck>(
    this.list,
    ({ id }) => id,
    ({ id }) => new CheckLine(id),
  );
  private readonly expectation = new Note('expectation', 'note expectation');
  private readonly suggestions = element('div', { id: 'suggestions', className: 'suggestions' });
  private readonly end: HTMLElement;

  public constructor(private readonly post: Post) {
    this.end = element('div', { className: 'card-end' }, this.expectation.element, this.suggestions);
    this.element = element(
      'section',
      { id: 'preflight', className: 'card preflight', attributes: { 'aria-labelledby': 'preflight-heading' } },
      element(
        'div',
        { className: 'card-head' },
        element('h2', { id: 'preflight-heading', text: 'Pre-flight' }),
        pressButton({ id: 'check', label: 'Check', icon: 'checklist', className: 'plain small' }, () =>
          post({ type: 'press', button: 'check' }),
        ).element,
      ),
      this.summary.element,
      this.end,
      this.list,
    );
  }

  public render({ running, summary, checks, expectation, suggestions }: FormPreflight): void {
    this.element.setAttribute('aria-busy', String(running));
    this.summary.render(summary);
    this.lines.render(checks);
    this.list.hidden = checks.length === 0;
    this.expectation.render(expectation);
    this.end.hidden = expectation === undefined && suggestions.length === 0;
    this.renderSuggestions(suggestions);
  }

  private renderSuggestions(labels: readonly string[]): void {
    const shown = [...this.suggestions.children].map(({ textContent }) => textContent);
    if (shown.length === labels.length && labels.every((label, index) => nameText(label) === shown[index])) return;
    this.suggestions.replaceChildren(
      ...labels.map((label, index) => {
        const button = element('button', { className: 'plain', attributes: { type: 'button' } });
        button.append(icon('lightbulb'), element('span', { text: nameText(label) }));
        button.addEventListener('click', () => this.post({ type: 'suggestion', index }));
        return button;
      }),
    );
  }
}

class CheckLine implements Part<FormCheck> {
  public readonly element: HTMLElement;
  private readonly title = element('span', { className: 'check-title' });
  private readonly word = element('span', { className: 'check-word' });
  private readonly reason = element('p', { className: 'check-reason' });
  private readonly adviceText = element('span');
  private readonly advice: HTMLElement;
  private icon = icon('question');

  public constructor(id: string) {
    this.advice = element('p', { className: 'check-advice' }, icon('lightbulb'), this.adviceText);
    this.element = element(
      'li',
      { attributes: { 'data-check': id } },
      this.icon,
      element(
        'div',
        { className: 'check-texts' },
        element('p', { className: 'check-head' }, this.title, this.word),
        this.reason,
        this.advice,
      ),
    );
  }

  public render({ verdict, title, reason, advice }: FormCheck): void {
    setText(this.title, nameText(title));
    setText(this.reason, answerText(reason));
    setText(this.adviceText, answerText(advice ?? ''));
    this.advice.hidden = advice === undefined;
    if (this.element.dataset['verdict'] === verdict) return;
    this.element.dataset['verdict'] = verdict;
    setText(this.word, VERDICTS[verdict].word);
    const next = icon(VERDICTS[verdict].icon);
    this.icon.replaceWith(next);
    this.icon = next;
  }
}
