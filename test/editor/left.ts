/** What the editor suite and its launcher share: the one runs in the extension host, the other outside. */

/** Migrations that an earlier window has left in the journal, by the names of their guests. */
export const left = {
  /** By real readings of one that never ends at its settings. */
  neverEnds: 'never-ends',
  /** By real readings of one that ends. */
  ends: 'ends',
  /** It runs, and nothing of it was read yet. */
  unread: 'unread',
  /** It ran to its end. */
  over: 'over',
  /** They run until another window tells how each has ended. */
  comesThrough: 'comes-through',
  isAborted: 'is-aborted',
  fails: 'fails',
  failsToo: 'fails-too',
} as const;

/** By which the extension host is told where the extension's global storage is: what other windows write goes there. */
export const storageVariable = 'LIBVIRT_TEST_STORAGE';

/** Set where those are left: a bench leaves others, and measures something else. */
export const leftVariable = 'LIBVIRT_TEST_LEFT';
