import { unlimitedMiBps } from '../../virsh/bounds.js';
import type { CompressionMethod, MigrationOptions, StorageMode, TimeoutAction } from './model.js';

/** What an option is for: the headings of a form, in this order. */
export const optionGroups = ['Guest', 'Convergence', 'Network', 'Storage', 'Safety'] as const;
export type OptionGroup = (typeof optionGroups)[number];

export type OptionKey = keyof MigrationOptions;
type KeysOf<T> = { [K in OptionKey]-?: Required<MigrationOptions>[K] extends T ? K : never }[OptionKey];
/** Resuming a post-copy is no choice of who starts a migration. */
export type FlagKey = Exclude<KeysOf<boolean>, 'postcopyResume'>;
export type NumberKey = KeysOf<number>;

/** What must be chosen as well: `key` is where. */
export interface Dependency {
  readonly key: OptionKey;
  readonly met: (options: MigrationOptions) => boolean;
  /** One sentence: `An increment needs auto-converge.` */
  readonly why: string;
}

interface Described {
  readonly label: string;
  /** One sentence: what it is for, and what it costs. */
  readonly help: string;
  /** The words of `virsh help migrate` without which a host has it not: `--auto-converge`. */
  readonly needs: readonly string[];
  /** Undefined where it stands by itself. */
  readonly dependsOn?: Dependency;
}

interface Option extends Described {
  readonly group: OptionGroup;
}

/** Chosen or not: its word is the first of `needs`. */
export interface FlagOption extends Option {
  readonly kind: 'flag';
  readonly key: FlagKey;
}

/** A whole number; absent is libvirt's own default. */
export interface NumberOption extends Option {
  readonly kind: 'number';
  readonly key: NumberKey;
  /** As people write it; empty for a count. */
  readonly unit: 'MiB/s' | 'MiB' | '%' | 's' | '';
  readonly min: number;
  readonly max: number;
  readonly powerOfTwo?: true;
}

export interface Choice<T extends string> extends Described {
  readonly value: T;
}

/** One of several. */
export interface ChoiceOption<K extends OptionKey, T extends string> extends Option {
  readonly kind: 'choice';
  readonly key: K;
  readonly choices: readonly Choice<T>[];
}

/** Any of several; none is off. */
export interface SetOption extends Option {
  readonly kind: 'set';
  readonly key: 'compressionMethods';
  readonly choices: readonly Choice<CompressionMethod>[];
}

export type MigrationOption =
  | FlagOption
  | NumberOption
  | ChoiceOption<'storage', StorageMode>
  | ChoiceOption<'timeoutAction', TimeoutAction>
  | SetOption;

/** QEMU counts its channels in a byte. */
const maxParallelConnections = 255;
/** QEMU's bounds of a throttle. */
const throttleBounds = { min: 1, max: 99 } as const;
/** virsh counts milliseconds in an `int`. */
const maxTimeoutSeconds = 2_147_483;
/** Past this the bytes, which virsh is given, are no exact number any more. */
const maxCacheMiB = 2 ** 33 - 1;

const live = (what: string): Dependency => ({
  key: 'live',
  met: (options) => options.live,
  why: `${what} needs a live migration.`,
});
const isParallel = ({ parallelConnections }: MigrationOptions): boolean => parallelConnections !== undefined;

/** Every option of a migration, in the order of a form. Forms, command arguments and virsh's words are made from it. */
export const migrationOptions: readonly MigrationOption[] = [
  {
    kind: 'flag',
    key: 'live',
    group: 'Guest',
    label: 'Live',
    help: 'The guest runs on while its memory is copied; without it, it stands still until all is there.',
    needs: ['--live'],
  },
  {
    kind: 'flag',
    key: 'persistent',
    group: 'Guest',
    label: 'Persistent',
    help: 'The destination keeps the domain defined when it is shut off; without it the domain is gone then.',
    needs: ['--persistent'],
  },
  {
    kind: 'flag',
    key: 'undefineSource',
    group: 'Guest',
    label: 'Undefine at the source',
    help: 'The source forgets the domain once it has left; without it the source keeps a definition that nobody should start.',
    needs: ['--undefinesource'],
  },
  {
    kind: 'flag',
    key: 'autoConverge',
    group: 'Convergence',
    label: 'Auto-converge',
    help: 'Slows the guest step by step until it writes less than the network carries; it can only be chosen now, not while it migrates.',
    needs: ['--auto-converge'],
    dependsOn: live('Auto-converge'),
  },
  {
    kind: 'number',
    key: 'autoConvergeInitialPercent',
    group: 'Convergence',
    label: 'Initial throttle',
    help: 'How much of its CPU time the guest loses at the first step, 20 % unless given.',
    needs: ['--auto-converge-initial'],
    dependsOn: {
      key: 'autoConverge',
      met: ({ autoConverge }) => autoConverge,
      why: 'An initial throttle needs auto-converge.',
    },
    unit: '%',
    ...throttleBounds,
  },
  {
    kind: 'number',
    key: 'autoConvergeIncrementPercent',
    group: 'Convergence',
    label: 'Throttle increment',
    help: 'How much more the guest loses at each further step, 10 % unless given.',
    needs: ['--auto-converge-increment'],
    dependsOn: {
      key: 'autoConverge',
      met: ({ autoConverge }) => autoConverge,
      why: 'A throttle increment needs auto-converge.',
    },
    unit: '%',
    ...throttleBounds,
  },
  {
    kind: 'flag',
    key: 'postcopy',
    group: 'Convergence',
    label: 'Allow post-copy',
    help: 'A switch to post-copy, which always ends, becomes possible; from such a switch on there is no way back, and a network that dies takes the guest along.',
    needs: ['--postcopy'],
    dependsOn: live('Post-copy'),
  },
  {
    kind: 'number',
    key: 'timeoutSeconds',
    group: 'Convergence',
    label: 'Time-out',
    help: 'If it lasts longer than this, virsh does by itself what is chosen below.',
    needs: ['--timeout'],
    dependsOn: live('A time-out'),
    unit: 's',
    min: 1,
    max: maxTimeoutSeconds,
  },
  {
    kind: 'choice',
    key: 'timeoutAction',
    group: 'Convergence',
    label: 'At the time-out',
    help: 'What is done to a migration that is not over in time.',
    needs: ['--timeout'],
    dependsOn: {
      key: 'timeoutSeconds',
      met: ({ timeoutSeconds }) => timeoutSeconds !== undefined,
      why: 'An action at the time-out needs a time-out.',
    },
    choices: [
      {
        value: 'suspend',
        label: 'Pause the guest',
        help: 'It stands still until the rest is copied, then runs on at the destination.',
        needs: ['--timeout'],
      },
      {
        value: 'postcopy',
        label: 'Switch to post-copy',
        help: 'It runs on at the destination and fetches what is missing; there is no way back.',
        needs: ['--timeout-postcopy', '--postcopy'],
        dependsOn: {
          key: 'postcopy',
          met: ({ postcopy }) => postcopy,
          why: 'A switch to post-copy at the time-out needs post-copy allowed.',
        },
      },
    ],
  },
  {
    kind: 'set',
    key: 'compressionMethods',
    group: 'Convergence',
    label: 'Compression',
    help: 'Sends less for CPU time on both hosts: worth it where the network is the limit.',
    needs: ['--compressed', '--comp-methods'],
    choices: [
      {
        value: 'xbzrle',
        label: 'XBZRLE',
        help: 'Sends only what changed of a page that was sent before; it takes a cache of memory at the source.',
        needs: ['--comp-xbzrle-cache'],
        dependsOn: {
          key: 'parallelConnections',
          met: (options) => !isParallel(options),
          why: 'XBZRLE compression does not go with parallel connections.',
        },
      },
      {
        value: 'mt',
        label: 'Multi-threaded (mt)',
        help: 'Compresses every page on several threads; QEMU 9.1 and later have it no more.',
        needs: ['--comp-mt-level'],
        dependsOn: {
          key: 'parallelConnections',
          met: (options) => !isParallel(options),
          why: 'Multi-threaded compression does not go with parallel connections.',
        },
      },
      {
        value: 'zlib',
        label: 'zlib',
        help: 'Compresses what parallel connections carry, well but slowly.',
        needs: ['--comp-zlib-level'],
        dependsOn: { key: 'parallelConnections', met: isParallel, why: 'zlib compression needs parallel connections.' },
      },
      {
        value: 'zstd',
        label: 'zstd',
        help: 'Compresses what parallel connections carry, faster than zlib.',
        needs: ['--comp-zstd-level'],
        dependsOn: { key: 'parallelConnections', met: isParallel, why: 'zstd compression needs parallel connections.' },
      },
    ],
  },
  {
    kind: 'number',
    key: 'xbzrleCacheMiB',
    group: 'Convergence',
    label: 'XBZRLE cache',
    help: 'Memory of the source that holds pages as they were sent, 64 MiB unless given: a power of two, as large as what the guest keeps rewriting.',
    needs: ['--comp-xbzrle-cache'],
    dependsOn: {
      key: 'compressionMethods',
      met: ({ compressionMethods }) => compressionMethods.includes('xbzrle'),
      why: 'A cache of XBZRLE needs XBZRLE compression.',
    },
    unit: 'MiB',
    min: 1,
    max: maxCacheMiB,
    powerOfTwo: true,
  },
  {
    kind: 'number',
    key: 'bandwidthMiBps',
    group: 'Network',
    label: 'Speed limit',
    help: 'The most that it may send a second, to leave others some of the network; too little and it never ends. No limit unless given.',
    needs: ['--bandwidth'],
    unit: 'MiB/s',
    min: 1,
    max: unlimitedMiBps,
  },
  {
    kind: 'number',
    key: 'postcopyBandwidthMiBps',
    group: 'Network',
    label: 'Speed limit in post-copy',
    help: 'The most that it may send a second once it has switched; the less, the longer the guest waits for its pages.',
    needs: ['--postcopy-bandwidth'],
    dependsOn: {
      key: 'postcopy',
      met: ({ postcopy }) => postcopy,
      why: 'A speed limit in post-copy needs post-copy allowed.',
    },
    unit: 'MiB/s',
    min: 1,
    max: unlimitedMiBps,
  },
  {
    kind: 'number',
    key: 'parallelConnections',
    group: 'Network',
    label: 'Parallel connections',
    help: 'Fills a link that one connection, which is one core, can not; older QEMU takes it not together with post-copy.',
    needs: ['--parallel-connections', '--parallel'],
    unit: '',
    min: 1,
    max: maxParallelConnections,
  },
  {
    kind: 'flag',
    key: 'zeroCopy',
    group: 'Network',
    label: 'Zero-copy',
    help: 'Spares the source the copying of each page on its way out; QEMU must be allowed to lock as much memory as the guest has.',
    needs: ['--zerocopy'],
    dependsOn: { key: 'parallelConnections', met: isParallel, why: 'Zero-copy needs parallel connections.' },
  },
  {
    kind: 'choice',
    key: 'storage',
    group: 'Storage',
    label: 'Disks',
    help: 'How the guest finds its disks at the destination.',
    needs: [],
    choices: [
      {
        value: 'shared',
        label: 'Shared',
        help: 'Both hosts see the same disks, so nothing of them is copied.',
        needs: [],
      },
      {
        value: 'copyAll',
        label: 'Copied whole',
        help: 'Each disk is copied into one of the same name and size, which must exist there; it takes as long as the disks are large.',
        needs: ['--copy-storage-all'],
      },
      {
        value: 'copyIncremental',
        label: 'Copied over the same base image',
        help: 'Only what differs from a base image that the destination has already is copied.',
        needs: ['--copy-storage-inc'],
      },
    ],
  },
  {
    kind: 'flag',
    key: 'p2p',
    group: 'Safety',
    label: 'Peer to peer',
    help: "The source's libvirtd migrates by itself and goes on whatever becomes of virsh; without it the migration dies with its virsh.",
    needs: ['--p2p'],
  },
  {
    kind: 'flag',
    key: 'tls',
    group: 'Safety',
    label: 'TLS',
    help: "The guest's memory is encrypted on its way; both hosts need certificates for QEMU, and it costs CPU time.",
    needs: ['--tls'],
    dependsOn: { key: 'zeroCopy', met: ({ zeroCopy }) => !zeroCopy, why: 'TLS does not go with zero-copy.' },
  },
];
