/** A piece of the page that stands for one thing, and is told how that thing looks now. */
export interface Part<T> {
  readonly element: HTMLElement;
  render(item: T): void;
}

/**
 * Keeps one part for each item, by its key, in the items' order. A part that stays is never moved or made anew: focus, selection and
 * the list that is folded out survive the next view.
 */
export class PartList<T> {
  private readonly parts = new Map<string, Part<T>>();

  public constructor(
    private readonly container: HTMLElement,
    private readonly keyOf: (item: T) => string,
    private readonly make: (item: T) => Part<T>,
  ) {}

  public render(items: readonly T[]): void {
    const wanted = new Set(items.map(this.keyOf));
    for (const [key, { element }] of this.parts) {
      if (wanted.has(key)) continue;
      element.remove();
      this.parts.delete(key);
    }
    let place = this.container.firstElementChild;
    for (const item of items) {
      const part = this.partOf(item);
      if (part.element === place) place = place.nextElementSibling;
      else this.container.insertBefore(part.element, place);
      part.render(item);
    }
  }

  private partOf(item: T): Part<T> {
    const key = this.keyOf(item);
    const known = this.parts.get(key);
    if (known !== undefined) return known;
    const part = this.make(item);
    this.parts.set(key, part);
    return part;
  }
}
