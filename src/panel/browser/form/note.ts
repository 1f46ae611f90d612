import type { FormNote } from '../../formProtocol.js';
import { element, icon, setText } from '../dom.js';
import { answerText } from '../text.js';

/** A tone is read from the icon and the words; the colour repeats it. */
const ICONS: Readonly<Record<FormNote['tone'], string>> = {
  busy: 'loading codicon-modifier-spin',
  good: 'pass',
  warning: 'warning',
  bad: 'error',
  neutral: 'info',
};

/** A sentence with its tone. */
export class Note {
  public readonly element: HTMLElement;
  private readonly text = element('span');
  private icon = icon(ICONS.neutral);

  public constructor(id: string, className = 'note') {
    this.element = element('p', { id, className }, this.icon, this.text);
  }

  public render(note: FormNote | undefined): void {
    this.element.hidden = note === undefined;
    if (note === undefined) return;
    setText(this.text, answerText(note.text));
    if (this.element.dataset['tone'] === note.tone) return;
    this.element.dataset['tone'] = note.tone;
    const toned = icon(ICONS[note.tone]);
    this.icon.replaceWith(toned);
    this.icon = toned;
  }
}
