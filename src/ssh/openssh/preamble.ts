/** Takes from the beginning of a text, which comes in pieces, what is known to be said before it. */
export class Preamble {
  private held: string | undefined = '';

  constructor(private readonly known: string) {}

  /** What of the text so far is none of the preamble, and was not given back yet. */
  next(piece: string): string {
    if (this.held === undefined) return piece;
    this.held += piece;
    const mayGoOn = this.held.length < this.known.length && this.known.startsWith(this.held);
    return mayGoOn ? '' : this.rest();
  }

  /** What was held back: no more comes. */
  rest(): string {
    const held = this.held ?? '';
    this.held = undefined;
    return held.startsWith(this.known) ? held.slice(this.known.length) : held;
  }
}
