import { formatElapsed } from '../format.js';
import type { PanelSample } from '../protocol.js';
import { element, icon, setAttribute, setText, setTitle } from './dom.js';

/** A whole migration is played within this, and at a reading each step at most. */
const PLAY_MS = 20_000;
const LEAST_STEP_MS = 60;

/**
 * Goes through a past migration: a step a reading, and one for its end. A range: arrows go by a reading, Page Up and Down by many,
 * Home and End to its ends.
 */
export class Playback {
  public readonly element: HTMLElement;
  private readonly range = element('input', {
    id: 'moment',
    attributes: { type: 'range', min: '0', step: '1', 'aria-label': 'Moment of the migration' },
  });
  private readonly playIcon = icon('play');
  private readonly play: HTMLButtonElement;
  private readonly when = element('span', { id: 'moment-time', className: 'moment-time' });
  private readonly said = element('span', { id: 'moment-said', className: 'moment-said' });
  private times: readonly number[] = [];
  private timer: ReturnType<typeof setInterval> | undefined;

  /** `go` is told the moment to show; undefined for the end. */
  public constructor(private readonly go: (elapsedMs: number | undefined) => void) {
    this.play = element(
      'button',
      { id: 'play', className: 'icon-button', attributes: { type: 'button' } },
      this.playIcon,
    );
    this.play.addEventListener('click', () => this.toggle());
    this.range.addEventListener('input', () => {
      this.stop();
      this.move();
    });
    this.element = element(
      'section',
      { id: 'playback', className: 'playback', attributes: { 'aria-label': 'Playback' } },
      this.play,
      this.range,
      this.when,
      this.said,
    );
    this.element.hidden = true;
    this.stop();
  }

  /** What can be played: the readings of a migration that is over. */
  public setSamples(samples: readonly PanelSample[], ended: boolean): void {
    const times = samples.map(({ elapsedMs }) => elapsedMs);
    const wasAtEnd = this.atEnd;
    this.times = times;
    this.element.hidden = !ended || times.length < 2;
    if (this.element.hidden) this.stop();
    setAttribute(this.range, 'max', String(times.length));
    if (wasAtEnd) this.range.value = String(times.length);
    this.describe();
  }

  /** The moment that is shown; undefined at the end. */
  public get moment(): number | undefined {
    return this.atEnd ? undefined : this.times[Number(this.range.value)];
  }

  public say(said: string): void {
    setText(this.said, said);
  }

  private get atEnd(): boolean {
    return this.times.length === 0 || Number(this.range.value) >= this.times.length;
  }

  private move(): void {
    this.describe();
    this.go(this.moment);
  }

  private describe(): void {
    const total = formatElapsed(this.times.at(-1) ?? 0);
    const text = this.moment === undefined ? `End, ${total}` : `${formatElapsed(this.moment)} of ${total}`;
    const share = Number(this.range.value) / Math.max(1, this.times.length);
    this.range.style.setProperty('--done', `${(100 * share).toFixed(2)}%`);
    setText(this.when, text);
    setAttribute(this.range, 'aria-valuetext', text);
    if (this.atEnd) this.say('');
  }

  private toggle(): void {
    if (this.timer !== undefined) {
      this.stop();
      return;
    }
    if (this.atEnd) this.range.value = '0';
    this.move();
    setAttribute(this.playIcon, 'class', 'codicon codicon-debug-pause');
    this.name('Stop playing');
    const steps = Math.max(1, this.times.length);
    const stepMs = Math.max(LEAST_STEP_MS, PLAY_MS / steps);
    const by = Math.max(1, Math.round((stepMs * steps) / PLAY_MS));
    this.timer = setInterval(() => {
      this.range.value = String(Math.min(this.times.length, Number(this.range.value) + by));
      this.move();
      if (this.atEnd) this.stop();
    }, stepMs);
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    setAttribute(this.playIcon, 'class', 'codicon codicon-play');
    this.name('Play the migration');
  }

  private name(what: string): void {
    setTitle(this.play, what);
    setAttribute(this.play, 'aria-label', what);
  }
}
