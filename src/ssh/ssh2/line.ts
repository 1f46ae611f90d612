import { Duplex } from 'node:stream';

/** How long a goodbye may take: nobody may be there any more to take it. */
const goodbyeMs = 1_000;

/** Why the way to a host came to nothing, or is gone: a clause, to stand after the host's name and a colon. */
export class WayError extends Error {
  constructor(
    message: string,
    readonly advice?: string,
    /** Why the system's own ssh may get through: a sentence for the log. */
    readonly opensshMay?: string,
  ) {
    super(message);
  }
}

/** Where the bytes of a line come from and go to. */
export interface LineEnds {
  readonly incoming: NodeJS.ReadableStream;
  readonly outgoing: NodeJS.WritableStream;
}

/**
 * What SSH is spoken over where it is no TCP connection of this machine. What is written before it is open waits. `release`
 * is called once, when the line is closed, and never before `opening` is settled. `opening` rejects with a `WayError`.
 */
export class Line extends Duplex {
  private ends: LineEnds | undefined;

  constructor(
    private readonly opening: Promise<LineEnds>,
    private readonly release: () => void,
  ) {
    super({ allowHalfOpen: false });
  }

  /** Nothing more comes: because the other side said so, or for a reason. */
  over(why?: WayError): void {
    if (this.destroyed || this.readableEnded) return;
    if (why === undefined) this.push(null);
    else this.destroy(why);
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.opening.then(
      (ends) => {
        this.ends = ends;
        ends.incoming.on('data', (data: Buffer) => {
          if (!this.destroyed && !this.push(data)) ends.incoming.pause();
        });
        done();
      },
      // What it was destroyed with comes first.
      (error: unknown) => done(this.destroyed ? null : (error as WayError)),
    );
  }

  override _read(): void {
    this.ends?.incoming.resume();
  }

  override _write(data: Buffer, _: BufferEncoding, done: () => void): void {
    const { outgoing } = this.ends ?? {};
    if (outgoing === undefined || outgoing.write(data)) done();
    else outgoing.once('drain', done);
  }

  override _final(done: () => void): void {
    this.ends?.outgoing.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.release();
    done(error);
  }
}

/** Closes a stream after what is still to be sent, if that goes out soon. */
export function hangUp(stream: Duplex): void {
  if (stream.destroyed) return;
  const late = setTimeout(() => stream.destroy(), goodbyeMs);
  stream.once('close', () => clearTimeout(late));
  stream.once('finish', () => stream.destroy());
  if (stream.writableFinished) stream.destroy();
  else stream.end();
}
