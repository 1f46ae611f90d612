import type { Host } from './host.js';

/** Scrolling is remembered when it comes to rest. */
const SCROLL_REST_MS = 200;

/** What is shown, and where the reader is in it: kept by the editor while the page is hidden, and over a reload. */
export class Reading {
  private readonly before: ReturnType<Host<unknown>['state']>;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private id: string | undefined;

  public constructor(private readonly host: Pick<Host<unknown>, 'state' | 'keep'>) {
    this.before = host.state();
    window.addEventListener('scroll', () => {
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.keep(), SCROLL_REST_MS);
    });
  }

  /** Undefined while nothing is. */
  public get shown(): string | undefined {
    return this.id;
  }

  /** `page` shows `id` now: the first time it takes its place, and the reader is back where they were. */
  public show(id: string, page: HTMLElement): void {
    const isFirst = this.id === undefined;
    this.id = id;
    if (isFirst) {
      (document.getElementById('app') ?? document.body).append(page);
      const { before } = this;
      if (before?.id === id) requestAnimationFrame(() => window.scrollTo(0, before.scroll));
    }
    this.keep();
  }

  private keep(): void {
    if (this.id !== undefined) this.host.keep({ id: this.id, scroll: Math.round(window.scrollY) });
  }
}
