import type { Disposable } from '../../base/disposable.js';
import type { Migration, Migrations } from '../model.js';
import type { MigrationRequest } from '../start/model.js';

/** What came of a migration as far as a form is concerned. */
export type Followed =
  | { readonly kind: 'seen'; readonly migration: Migration }
  | { readonly kind: 'failed'; readonly text: string }
  | { readonly kind: 'notSeen' };

/** Looks out for the migration of a request that begins from its making on; disposed, it sees none. */
export class MigrationLookout implements Disposable {
  /** Never rejects. */
  readonly followed: Promise<Followed>;
  private resolve: (followed: Followed) => void = () => undefined;
  private readonly subscription: Disposable;
  private timer: NodeJS.Timeout | undefined;

  constructor(migrations: Pick<Migrations, 'all' | 'onDidChange'>, { source, domainUuid }: MigrationRequest) {
    const before = new Set(migrations.all.map(({ id }) => id));
    this.followed = new Promise((resolve) => (this.resolve = resolve));
    this.subscription = migrations.onDidChange(() => {
      const migration = migrations.all.find(
        (other) => other.source === source && other.domainUuid === domainUuid && !before.has(other.id),
      );
      if (migration !== undefined) this.resolve({ kind: 'seen', migration });
    });
  }

  waitAtMost(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.resolve({ kind: 'notSeen' }), ms);
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.resolve({ kind: 'notSeen' });
  }
}
