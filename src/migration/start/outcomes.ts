/** How a migration that was started here went, by the virsh that ran it. */
export type StartOutcome =
  | { readonly kind: 'succeeded' }
  /** `text`: libvirt's own words. */
  | { readonly kind: 'failed'; readonly text: string }
  /** Its host can't be asked now, and will tell when it is back. */
  | { readonly kind: 'pending' };

/** What a source can't tell of a migration, its virsh does. */
export interface StartOutcomes {
  /**
   * The outcome of the start that began the migration of this domain away from `host`. Waits for a virsh that is about to
   * end. Undefined for one that was not started here, and where nobody can tell. Never rejects.
   */
  outcomeOf(host: string, domainUuid: string, startedAtMs: number): Promise<StartOutcome | undefined>;
}
