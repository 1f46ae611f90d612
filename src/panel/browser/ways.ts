import type { PanelWay, PanelWayKind } from '../protocol.js';
import { element, icon, setAttribute, setText, setTitle } from './dom.js';
import { nameText, tooltipText } from './text.js';

const ICONS: Readonly<Record<PanelWayKind, string>> = {
  wait: 'history',
  setSpeed: 'dashboard',
  setMaxDowntime: 'watch',
  pause: 'debug-pause',
  switchToPostcopy: 'arrow-swap',
};

interface Shown {
  readonly button: HTMLButtonElement;
  readonly label: HTMLElement;
  readonly finish: HTMLElement;
  readonly freeze: HTMLElement;
  now: PanelWay;
}

/**
 * The ways out, by the least harm first: each a button with what is foretold of it, as it is now. Buttons stay while their figures
 * tick, and so does the focus; one that can't be taken stays reachable, as it says why.
 */
export class Ways {
  public readonly element: HTMLElement;
  private readonly list = element('div', {
    className: 'way-list',
    attributes: { role: 'group', 'aria-labelledby': 'ways-heading' },
  });
  private readonly taken = element('p', { id: 'taken', className: 'taken' });
  private readonly waitText = element('span');
  private readonly waiting: HTMLElement;
  private readonly shown = new Map<PanelWayKind, Shown>();
  /** Whoever waits wants to see it run; the ways are there again as soon as it is not judged to end any more. */
  private isWaiting = false;

  /** `take` is told what the button said when it was pressed. */
  public constructor(private readonly take: (way: PanelWay) => void) {
    const show = element('button', {
      id: 'ways-show',
      className: 'plain small',
      text: 'Show ways out',
      attributes: { type: 'button' },
    });
    show.addEventListener('click', () => {
      this.wait(false);
      this.shown.get('wait')?.button.focus();
    });
    this.waiting = element('p', { id: 'waiting', className: 'waiting' }, this.waitText, show);
    this.element = element(
      'section',
      { id: 'ways', className: 'ways' },
      element('h2', { id: 'ways-heading', text: 'Ways out, by the least harm' }),
      this.list,
      this.waiting,
      this.taken,
    );
    this.wait(false);
  }

  public render(ways: readonly PanelWay[], taken: string | undefined): void {
    this.element.hidden = ways.length === 0 && taken === undefined;
    const wait = ways.find(({ way }) => way === 'wait');
    if (wait === undefined) this.isWaiting = false;
    else setText(this.waitText, `Waiting: ${nameText(wait.finish)}.`);
    this.list.hidden = ways.length === 0 || this.isWaiting;
    this.waiting.hidden = !this.isWaiting;
    this.taken.hidden = taken === undefined;
    setText(this.taken, nameText(taken ?? ''));
    const wanted = new Set(ways.map(({ way }) => way));
    for (const [way, { button }] of this.shown) {
      if (wanted.has(way)) continue;
      button.remove();
      this.shown.delete(way);
    }
    let previous: HTMLElement | undefined;
    for (const way of ways) previous = this.renderWay(way, previous);
  }

  private wait(isWaiting: boolean): void {
    this.isWaiting = isWaiting;
    this.list.hidden = isWaiting;
    this.waiting.hidden = !isWaiting;
  }

  private renderWay(now: PanelWay, after: HTMLElement | undefined): HTMLElement {
    const shown = this.shown.get(now.way) ?? this.add(now);
    shown.now = now;
    setText(shown.label, nameText(now.label));
    setText(shown.finish, nameText(now.finish));
    setText(shown.freeze, nameText(now.freeze ?? ''));
    setTitle(shown.button, tooltipText(now.why));
    setAttribute(shown.button, 'aria-disabled', String(!now.enabled));
    shown.button.classList.toggle('best', after === undefined);
    const place = after === undefined ? this.list.firstElementChild : after.nextElementSibling;
    // What has the focus stays where it is: to move it in the document would take the focus away.
    if (place !== shown.button && document.activeElement !== shown.button) this.list.insertBefore(shown.button, place);
    return shown.button;
  }

  private add(now: PanelWay): Shown {
    const label = element('span', { className: 'way-label' });
    const finish = element('span', { className: 'way-finish' });
    const freeze = element('span', { className: 'way-freeze' });
    const button = element(
      'button',
      { id: `way-${now.way}`, className: 'way plain', attributes: { type: 'button', 'data-way': now.way } },
      element('span', { className: 'way-head' }, icon(ICONS[now.way]), label),
      finish,
      freeze,
    );
    const shown: Shown = { button, label, finish, freeze, now };
    button.addEventListener('click', () => {
      if (!shown.now.enabled) return;
      if (shown.now.way !== 'wait') this.take(shown.now);
      else {
        this.wait(true);
        document.getElementById('ways-show')?.focus();
      }
    });
    this.shown.set(now.way, shown);
    return shown;
  }
}
