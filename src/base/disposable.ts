/** Whatever opens something owns it and gives it back here. The shape is the editor's own, so both mix freely. */
export interface Disposable {
  dispose(): void;
}

/** Collects what a part has opened and gives it back in reverse order, once. */
export class Disposables implements Disposable {
  private readonly items: Disposable[] = [];
  private gone = false;

  /** Keeps `item` until this is disposed; an item that comes too late is given back at once. */
  add<T extends Disposable>(item: T): T {
    if (this.gone) item.dispose();
    else this.items.push(item);
    return item;
  }

  dispose(): void {
    if (this.gone) return;
    this.gone = true;
    for (const item of this.items.splice(0).reverse()) item.dispose();
  }
}
