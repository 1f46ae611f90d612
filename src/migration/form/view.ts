import { formatBytes } from '../../panel/format.js';
import type {
  FormField,
  FormGroup,
  FormNote,
  FormSelect,
  FormText,
  FormView,
  FormWay,
} from '../../panel/formProtocol.js';
import type { Domain, Hypervisor } from '../../hypervisor/model.js';
import { hostName } from '../describe.js';
import { readOnlyText } from '../migratable.js';
import { type NumberKey, optionGroups } from '../start/options.js';
import { type Assessment, assess, type Surroundings } from './assess.js';
import type { OptionDraft, ShownOption } from './draft.js';
import { failedOf, preflightView } from './preflightView.js';
import type { Preset } from './presets.js';
import type { FormState, Target } from './state.js';

/** What the view shows beside what the form holds. */
export interface ViewSurroundings extends Surroundings {
  readonly presets: readonly Preset[];
  /** What a host's guests may still take, in bytes; undefined where it is not known. */
  freeMemoryBytes(host: string): number | undefined;
}

/** What holds while a number is not given. */
const unset: Readonly<Record<NumberKey, string>> = {
  autoConvergeInitialPercent: '20',
  autoConvergeIncrementPercent: '10',
  postcopyBandwidthMiBps: 'no limit',
  xbzrleCacheMiB: '64',
  parallelConnections: 'off',
  bandwidthMiBps: 'no limit',
  timeoutSeconds: 'none',
};

const groupTitles: Readonly<Record<(typeof optionGroups)[number], string>> = {
  Guest: 'The guest',
  Convergence: 'If it is busy',
  Network: 'The network',
  Storage: 'Storage',
  Safety: 'Safety',
};

/** All that the page shows. */
export function formView(state: FormState, surroundings: ViewSurroundings): FormView {
  const assessment = assess(state, surroundings);
  const source = surroundings.fleet.get(state.source);
  const domain = source?.domains.get(state.domainUuid);
  return {
    guest: {
      name: domain?.name ?? state.domainUuid,
      title: domain?.platformName ?? domain?.title,
      about: domain === undefined ? '' : aboutText(domain),
    },
    source: state.source,
    destination: destinationField(state, surroundings),
    way: wayFields(state, assessment),
    wayNote: wayNote(state, assessment),
    otherWays: otherWays(state).map(({ label, answers, reason }) => ({ label, answers, reason })),
    preset: presetField(state, surroundings.presets),
    leftOut: leftOutText(state.source, assessment.read.lacking, source),
    groups: groupsOf(state.draft, assessment),
    line: assessment.line,
    preflight: preflightView(state, assessment),
    start: startOf(state, assessment),
    refusal: state.start.kind === 'refused' ? state.start.text : undefined,
  };
}

function aboutText({ memoryBytes, vcpus, state, reason }: Domain): string {
  const size = [
    memoryBytes === undefined ? undefined : `${formatBytes(memoryBytes)} of memory`,
    vcpus === undefined ? undefined : `${vcpus} ${vcpus === 1 ? 'vCPU' : 'vCPUs'}`,
  ].filter((part) => part !== undefined);
  const doing = state === 'paused' && reason !== undefined ? `paused (${reason})` : state;
  return [doing, ...size].join(' · ');
}

/** Values of the select: a host's name may be anything, so it is marked as one. */
const uriValue = 'uri';
const noneValue = '';

function targetValue(target: Target): string {
  switch (target.kind) {
    case 'none':
      return noneValue;
    case 'host':
      return `host ${target.name}`;
    case 'uri':
      return uriValue;
  }
}

/** What an entry of the select means; undefined for none. */
export function targetOf(value: string): Target {
  if (value === uriValue) return { kind: 'uri' };
  return value.startsWith('host ') ? { kind: 'host', name: value.slice('host '.length) } : { kind: 'none' };
}

/** The hosts it may go to, connected ones first, each group in the tree's order. */
function destinationsFrom(source: string, hosts: readonly Hypervisor[]): readonly Hypervisor[] {
  const others = hosts.filter(({ config }) => config.name !== source);
  const isConnected = ({ status }: Hypervisor): boolean => status.kind === 'connected';
  return [...others.filter(isConnected), ...others.filter((host) => !isConnected(host))];
}

function destinationField(state: FormState, surroundings: ViewSurroundings): FormSelect {
  const { target, source } = state;
  const hosts = destinationsFrom(source, surroundings.fleet.hypervisors);
  const name = target.kind === 'host' ? target.name : undefined;
  const host = name === undefined ? undefined : surroundings.fleet.get(name);
  return {
    kind: 'select',
    id: 'destination',
    label: 'Destination',
    help: '',
    problem:
      name === undefined
        ? undefined
        : host === undefined
          ? `${hostName(name)} is not among the hosts any more.`
          : host.config.readOnly
            ? readOnlyText(name)
            : undefined,
    value: targetValue(target),
    choices: [
      ...(target.kind === 'none' ? [{ value: noneValue, label: 'Choose a host…' }] : []),
      ...(name !== undefined && host === undefined ? [{ value: targetValue(target), label: hostName(name) }] : []),
      ...hosts.map((candidate) => ({
        value: targetValue({ kind: 'host', name: candidate.config.name }),
        label: hostLabel(candidate, surroundings.freeMemoryBytes(candidate.config.name)),
      })),
      { value: uriValue, label: 'Another URI…' },
    ],
  };
}

function hostLabel({ config, status }: Hypervisor, freeBytes: number | undefined): string {
  const notes = [
    status.kind === 'connected' ? undefined : 'not connected',
    status.kind !== 'connected' || freeBytes === undefined ? undefined : `${formatBytes(freeBytes)} free`,
    config.readOnly ? 'read-only' : undefined,
  ].filter((note) => note !== undefined);
  return [hostName(config.name), ...notes].join(' · ');
}

function wayFields({ target, way, source }: FormState, { wayProblems }: Assessment): FormText[] {
  if (target.kind === 'none') return [];
  return [
    {
      kind: 'text',
      id: 'destinationUri',
      label: 'URI of the destination',
      help: `As ${hostName(source)} itself reaches it.`,
      problem: wayProblems.destinationUri,
      text: way.destinationUri,
      placeholder: 'qemu+ssh://root@hv2/system',
      unit: undefined,
    },
    {
      kind: 'text',
      id: 'migrationUri',
      label: 'Address that memory is sent to',
      help: 'Empty: by the name that the destination gives itself.',
      problem: wayProblems.migrationUri,
      text: way.migrationUri,
      placeholder: 'libvirt chooses',
      unit: undefined,
    },
  ];
}

function wayNote({ target, search, source, way }: FormState, { wayProblems }: Assessment): FormNote | undefined {
  const isWrong = wayProblems.destinationUri !== undefined || wayProblems.migrationUri !== undefined;
  if (target.kind === 'none' || isWrong) return undefined;
  if (target.kind === 'uri') {
    return { tone: 'neutral', text: 'Not one of the hosts here: its memory, CPU and networks can’t be looked at.' };
  }
  switch (search.kind) {
    case 'idle':
      return undefined;
    case 'looking':
      return { tone: 'busy', text: `Trying how ${hostName(source)} reaches ${hostName(target.name)}…` };
    case 'found': {
      const route = search.chosen === undefined ? undefined : search.routes[search.chosen];
      if (route === undefined) {
        const known = search.routes.find(
          ({ destinationUri, migrationUri }) =>
            destinationUri === way.destinationUri.trim() && (migrationUri ?? '') === way.migrationUri.trim(),
        );
        return known === undefined
          ? { tone: 'neutral', text: 'As typed. The pre-flight tries it from the source.' }
          : routeNote(known.reachable, known.reason);
      }
      return routeNote(route.reachable, route.reason);
    }
  }
}

function routeNote(reachable: boolean | undefined, reason: string): FormNote {
  return { tone: reachable === undefined ? 'warning' : reachable ? 'good' : 'bad', text: reason };
}

/** A way that was found and is not in the fields, with its place among those found. */
export interface OtherWay extends FormWay {
  readonly index: number;
}

export function otherWays({ target, search, way }: FormState): readonly OtherWay[] {
  if (target.kind !== 'host' || search.kind !== 'found') return [];
  return search.routes.flatMap(({ destinationUri, migrationUri, reachable, reason }, index) => {
    if (destinationUri === way.destinationUri.trim() && (migrationUri ?? '') === way.migrationUri.trim()) return [];
    const label = migrationUri === undefined ? destinationUri : `${destinationUri}, ${migrationUri}`;
    return [{ index, label, answers: reachable, reason }];
  });
}

/** Values of the select: a preset's name may be anything. */
const ownValue = 'own';

export function presetName(value: string): string | undefined {
  return value.startsWith('preset ') ? value.slice('preset '.length) : undefined;
}

function presetField({ preset }: FormState, presets: readonly Preset[]): FormSelect {
  const known = presets.some(({ name }) => name === preset);
  return {
    kind: 'select',
    id: 'preset',
    label: 'Preset',
    help: '',
    problem: undefined,
    value: preset !== undefined && known ? `preset ${preset}` : ownValue,
    choices: [
      { value: ownValue, label: 'As chosen below' },
      ...presets.map(({ name }) => ({ value: `preset ${name}`, label: name })),
    ],
  };
}

function leftOutText(source: string, lacking: readonly string[], host: Hypervisor | undefined): string | undefined {
  if (lacking.length === 0 || host?.capabilities === undefined) return undefined;
  return `Left out, since the virsh of ${hostName(source)} does not have it: ${lacking.join(', ')}.`;
}

function groupsOf(draft: OptionDraft, { read }: Assessment): FormGroup[] {
  return optionGroups.flatMap((group) => {
    const shown = read.shown.filter(({ option }) => option.group === group);
    if (shown.length === 0) return [];
    const keys = new Set<string>(shown.map(({ option }) => option.key));
    return [
      {
        id: group,
        title: groupTitles[group],
        fields: shown.map((one): FormField => {
          const { dependsOn } = one.option;
          const refines = dependsOn !== undefined && dependsOn.key !== 'live' && keys.has(dependsOn.key);
          return { ...fieldOf(one, draft), depth: refines ? 1 : 0 };
        }),
      },
    ];
  });
}

function fieldOf({ option, choices, problem }: ShownOption, draft: OptionDraft): FormField {
  const common = { id: option.key, label: option.label, help: option.help, problem };
  switch (option.kind) {
    case 'flag':
      return { ...common, kind: 'flag', on: draft.flags[option.key] };
    case 'number':
      return {
        ...common,
        kind: 'text',
        text: draft.numbers[option.key] ?? '',
        placeholder: unset[option.key],
        unit: option.unit,
      };
    case 'set':
      return {
        ...common,
        kind: 'set',
        values: draft.compressionMethods,
        choices: choices.map(({ value, label }) => ({ value, label })),
      };
    case 'choice': {
      const value = draft[option.key];
      const chosen = choices.find((choice) => choice.value === value);
      return {
        ...common,
        help: chosen?.help ?? option.help,
        kind: 'select',
        value: chosen?.value ?? choices[0]?.value ?? '',
        choices: choices.map((choice) => ({ value: choice.value, label: choice.label })),
      };
    }
  }
}

function startOf({ start, preflight }: FormState, { obstacle }: Assessment): FormView['start'] {
  if (start.kind === 'starting') return { enabled: false, busy: true, why: 'virsh is being started on the source.' };
  if (start.kind === 'started') {
    return { enabled: false, busy: true, why: 'It runs; its panel opens with its first figures.' };
  }
  if (obstacle !== undefined) return { enabled: false, busy: false, why: obstacle };
  if (preflight.kind === 'running') return { enabled: true, busy: false, why: 'The pre-flight has not ended.' };
  const failed = preflight.kind === 'done' ? failedOf(preflight.report.checks) : [];
  if (failed.length === 0) return { enabled: true, busy: false, why: '' };
  const [first] = failed;
  const what = failed.length === 1 ? (first?.title ?? '') : `${failed.length} checks`;
  return { enabled: true, busy: false, why: `${what} failed: you are asked first.` };
}
