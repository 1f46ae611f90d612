import type { PanelHeader } from '../protocol.js';
import { element, icon, setText, setTitle } from './dom.js';
import { PhaseBadge } from './phase.js';
import { answerText, nameText, tooltipText } from './text.js';

/** Who, from, to, phase, one sentence, and whether the figures are old. */
export class Header {
  public readonly element: HTMLElement;
  private readonly name = element('bdi', { id: 'domain-name' });
  private readonly title = element('bdi', { id: 'domain-title', className: 'domain-title' });
  private readonly source = element('bdi', { id: 'source' });
  private readonly destination = element('bdi', { id: 'destination' });
  private readonly phase = new PhaseBadge();
  private readonly sentence = element('p', { id: 'sentence', className: 'sentence' });
  private readonly staleText = element('span');
  private readonly stale: HTMLElement;

  public constructor() {
    this.stale = element('p', { id: 'stale', className: 'stale' }, icon('debug-disconnect'), this.staleText);
    this.stale.hidden = true;
    const route = element(
      'p',
      { id: 'route', className: 'route' },
      this.source,
      element('span', { className: 'arrow', text: ' → ', attributes: { 'aria-label': 'to', role: 'img' } }),
      this.destination,
    );
    this.element = element(
      'header',
      { className: 'head' },
      element(
        'div',
        { className: 'head-row' },
        element('h1', {}, this.name),
        this.title,
        element('span', { className: 'head-tail' }, route, this.phase.element),
      ),
      this.sentence,
      this.stale,
    );
  }

  public render(header: PanelHeader): void {
    setText(this.name, nameText(header.domainName));
    setTitle(this.name, tooltipText(header.domainName));
    const title = header.domainTitle ?? '';
    this.title.hidden = title.trim() === '';
    setText(this.title, nameText(title));
    setTitle(this.title, tooltipText(title));
    setText(this.source, nameText(header.source));
    setTitle(this.source, tooltipText(header.source));
    setText(this.destination, nameText(header.destination ?? '?'));
    setTitle(
      this.destination,
      header.destination === undefined
        ? 'The destination is not one of the hosts in the tree: the source does not tell where it migrates to.'
        : tooltipText(header.destination),
    );
    this.phase.render(header);
    setText(this.sentence, answerText(header.sentence));
    this.stale.hidden = header.stale === undefined;
    setText(this.staleText, answerText(header.stale ?? ''));
  }
}
