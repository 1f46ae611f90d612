/**
 * Work that is done for one key at a time. Whoever asks while it is under way gets one more round, begun after he asked,
 * which all who asked meanwhile share. `work` never rejects.
 */
export class OneAtATime {
  private readonly now = new Map<string, Promise<void>>();
  private readonly next = new Map<string, Promise<void>>();

  constructor(private readonly work: (key: string) => Promise<void>) {}

  isBusy(key: string): boolean {
    return this.now.has(key);
  }

  run(key: string): Promise<void> {
    const now = this.now.get(key);
    if (now === undefined) {
      const round = this.work(key).finally(() => this.now.delete(key));
      this.now.set(key, round);
      return round;
    }
    let next = this.next.get(key);
    if (next === undefined) {
      next = now.then(() => {
        this.next.delete(key);
        return this.run(key);
      });
      this.next.set(key, next);
    }
    return next;
  }
}
