import type { VirshEvent } from './domain.js';
import { parseCompletedStats } from './parseJobInfo.js';

/** `2026-11-22 22:48:42.466+0000: ` of --timestamp. */
const timestampPattern = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+[+-]\d{4}): /;
/** Newer libvirt quotes the name; older prints it bare. The name may hold anything but a newline, so it is read from both ends. */
const eventPattern = /^event '([a-z-]+)' for domain (.*)$/;
const promptPattern = /^(?:virsh [#>] )+/;
/** An event's line holds a name and a few words; a stream without line ends is no virsh, and is not collected. */
const maxLineChars = 64 * 1024;
/** `job-completed` prints some 40 keys. */
const maxBlockLines = 1000;

interface Open {
  readonly domainName: string;
  readonly timestamp: string | undefined;
  readonly lines: string[];
}

/**
 * Reads what `virsh event --all --loop --timestamp` prints, in whatever pieces it comes. A domain's name may imitate an
 * event, so a line is cut where its own kind says: for a lifecycle at the last `: `, since details hold none. The name of
 * an event of kind `other` is not exact where its details hold a colon. A name with a newline, which libvirt refuses, could
 * still begin a line: an event is a hint, to be confirmed.
 */
export class EventParser {
  private rest = '';
  private pausedOnce = false;
  /** A `job-completed` whose lines are still coming. */
  private open: Open | undefined;

  /** The events that this piece completes. A block is complete only when something follows it, or at `flush`. */
  feed(text: string): VirshEvent[] {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() ?? '';
    if (this.rest.length > maxLineChars) this.rest = '';
    this.pausedOnce = false;
    return lines.flatMap((line) => this.line(line.replace(/\r$/, '')));
  }

  /**
   * Nothing has followed for a while: an open block is whole. Call it when output pauses, since the next event may be
   * minutes away, and once more when no output will come. A block that was cut within a line waits for the rest of that
   * line, but not past a second `flush` without a piece between. A line without its end is kept for the next piece.
   */
  flush(): VirshEvent[] {
    const cut = this.open !== undefined && /^\s/.test(this.rest);
    if (cut && !this.pausedOnce) {
      this.pausedOnce = true;
      return [];
    }
    return this.close();
  }

  private line(line: string): VirshEvent[] {
    if (this.open !== undefined && /^\s+\S/.test(line)) {
      if (this.open.lines.length < maxBlockLines) this.open.lines.push(line.trim());
      return [];
    }
    const done = this.close();
    const event = this.event(line.replace(promptPattern, ''));
    return event === undefined ? done : [...done, event];
  }

  private close(): VirshEvent[] {
    const open = this.open;
    this.open = undefined;
    if (open === undefined) return [];
    const job = parseCompletedStats(open.lines.map((line) => `${line}\n`).join(''));
    return [{ kind: 'jobCompleted', domainName: open.domainName, job, timestamp: open.timestamp }];
  }

  private event(line: string): VirshEvent | undefined {
    const timestamp = timestampPattern.exec(line)?.[1];
    const match = eventPattern.exec(timestamp === undefined ? line : line.replace(timestampPattern, ''));
    const [, kind, rest] = match ?? [];
    if (kind === undefined || rest === undefined) return undefined;
    // What a kind says after the name holds no colon, so the last one is its own, whatever the name holds.
    const colon = rest.lastIndexOf(':', kind === 'migration-iteration' ? rest.lastIndexOf(": '") - 1 : rest.length);
    const name = nameOf(colon < 0 ? rest : rest.slice(0, colon));
    const detail = colon < 0 ? '' : rest.slice(colon + 1).trim();
    switch (kind) {
      case 'lifecycle': {
        const [event = '', ...details] = detail.split(' ');
        return { kind, domainName: name, event, detail: details.join(' ') || undefined, timestamp };
      }
      case 'migration-iteration': {
        const iteration = /^iteration: '(\d{1,9})'$/.exec(detail)?.[1];
        return iteration === undefined
          ? { kind: 'other', event: kind, domainName: name, timestamp }
          : { kind: 'iteration', domainName: name, iteration: Number(iteration), timestamp };
      }
      case 'job-completed':
        this.open = { domainName: name, timestamp, lines: [] };
        return undefined;
      default:
        return { kind: 'other', event: kind, domainName: name, timestamp };
    }
  }
}

function nameOf(text: string): string {
  return text.length >= 2 && text.startsWith("'") && text.endsWith("'") ? text.slice(1, -1) : text;
}
