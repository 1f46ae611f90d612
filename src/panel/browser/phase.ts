import type { PanelTone } from '../protocol.js';
import { element, icon, setText } from './dom.js';
import { nameText } from './text.js';

/** A tone is read from the icon and the words; the colour repeats it. */
const TONE_ICONS: Readonly<Record<PanelTone, string>> = {
  running: 'sync',
  warning: 'warning',
  good: 'pass',
  bad: 'error',
  neutral: 'circle-large-outline',
};

/** How what is shown stands: a word in the head's corner, with an icon. */
export class PhaseBadge {
  public readonly element: HTMLElement;
  private readonly text = element('span');
  private icon = icon(TONE_ICONS.neutral);

  public constructor() {
    this.element = element('span', { id: 'phase', className: 'phase' }, this.icon, this.text);
  }

  public render({ phase, tone }: { readonly phase: string; readonly tone: PanelTone }): void {
    setText(this.text, nameText(phase));
    if (this.element.dataset['tone'] === tone) return;
    this.element.dataset['tone'] = tone;
    const toned = icon(TONE_ICONS[tone]);
    this.icon.replaceWith(toned);
    this.icon = toned;
  }
}
