import { messageOf } from '../base/errors.js';
import type { Storage } from '../base/storage.js';
import { type Fact, LineWriter } from './journalFormat.js';
import type { MigrationIdentity } from './trackedMigration.js';

/** A record that is as long as this, for whatever reason, takes only what was done and how it ended. */
const maxBytes = 8 * 1024 * 1024;

/**
 * The file that this window writes about one migration; it is made with the first fact. One write at a time: what could not be
 * written is tried again with the next.
 */
export class JournalFile {
  private waiting: Fact[];
  private writer = new LineWriter();
  private bytes = 0;
  private failed = false;
  private isWriting = false;

  constructor(
    readonly name: string,
    identity: MigrationIdentity,
    private readonly storage: Storage,
    private readonly onError: (message: string) => void,
  ) {
    this.waiting = [{ kind: 'start', identity }];
  }

  add(facts: readonly Fact[]): void {
    const taken = facts.filter((fact) => this.bytes < maxBytes || isNeeded(fact));
    if (taken.length === 0) return;
    this.waiting.push(...taken);
    if (!this.isWriting) void this.write();
  }

  /** What waits is not written any more. */
  abandon(): void {
    this.waiting = [];
  }

  private async write(): Promise<void> {
    this.isWriting = true;
    while (this.waiting.length > 0) {
      const facts = this.waiting;
      this.waiting = [];
      // Whatever the write before has left of a line must not take this one along.
      const text = (this.failed ? '\n' : '') + facts.map((fact) => this.writer.write(fact)).join('');
      try {
        await this.storage.append(this.name, text);
        this.failed = false;
        this.bytes += text.length;
      } catch (error) {
        // The disk may have room by the next one. Said once, not every second.
        if (!this.failed) this.onError(messageOf(error));
        this.failed = true;
        this.writer = new LineWriter();
        this.waiting = [...facts, ...this.waiting];
        break;
      }
    }
    this.isWriting = false;
  }
}

function isNeeded(fact: Fact): boolean {
  return fact.kind === 'state' || (fact.kind === 'mark' && fact.mark.kind === 'action');
}
