import { element, setText } from './dom.js';

/** Says what changed to those who don't see the page: what the sentence means now, not each of its ticking figures. */
export class Announcer {
  public readonly element = element('div', {
    id: 'announcer',
    className: 'visually-hidden',
    attributes: { role: 'status', 'aria-live': 'polite' },
  });
  private lastGist: string | undefined;

  public say(text: string): void {
    setText(this.element, text);
  }

  /** Says a sentence whose words changed; the first one the reader meets by reading the page. */
  public sentence(text: string): void {
    const gist = text.replace(/[\d.,:\s\u202f]+/gu, ' ');
    const isNew = this.lastGist !== undefined && this.lastGist !== gist;
    this.lastGist = gist;
    if (isNew) this.say(text);
  }

  /** Another migration, or the same from the start: nothing was said of it yet. */
  public forget(): void {
    this.lastGist = undefined;
    this.say('');
  }
}
