import { formatMs } from '../panel/format.js';
import type { PanelWay } from '../panel/protocol.js';
import { availability, type Hosts } from './availability.js';
import type { Outlook } from './forecast/forecast.js';
import { about } from './forecast/verdict.js';
import { type WayOut, waysOut } from './forecast/waysOut.js';
import type { Migration } from './model.js';

/** The ways out as buttons, by the least harm first; none where there is nothing to foretell. */
export function wayButtons(migration: Migration, outlook: Outlook | undefined, hosts: Hosts): PanelWay[] {
  const ways = outlook === undefined ? [] : waysOut(outlook);
  // To wait is no choice where nothing else is.
  if (ways.every(({ way }) => way === 'wait')) return [];
  return ways.map((way) => wayButton(way, migration, hosts));
}

/** The same for one. */
export function wayButton(wayOut: WayOut, migration: Migration, hosts: Hosts): PanelWay {
  const { way, value, forecast } = wayOut;
  const { enabled, why } =
    way === 'wait'
      ? { enabled: true, why: 'Leaves it as it is: nothing is sent to the host.' }
      : availability(way, migration, hosts);
  const most = forecast.freezeIntervalMs[1];
  return {
    way,
    value,
    label: labelOf(wayOut),
    finish: way === 'switchToPostcopy' ? `complete in ~${about(forecast.medianMs)} at most` : finishText(wayOut),
    // How long the switch itself stops the guest, nothing that was read tells.
    freeze:
      way === 'switchToPostcopy'
        ? 'no way back'
        : way === 'pause'
          ? `stands still for ~${about(forecast.freezeMs)}`
          : `stands still for ≤ ${formatMs(most)}`,
    enabled,
    why,
  };
}

function finishText({ forecast }: WayOut): string {
  return forecast.atLeast
    ? `ends in ${about(forecast.intervalMs[0])} at least`
    : `ends in ~${about(forecast.medianMs)}`;
}

/** What it is called on a button, on the page and in a notice; with an ellipsis where something is asked first. */
export function labelOf({ way, value }: Pick<WayOut, 'way' | 'value'>): string {
  switch (way) {
    case 'wait':
      return 'Wait';
    case 'setSpeed':
      return `Speed ${value ?? 0} MiB/s`;
    case 'setMaxDowntime':
      return `Max downtime ${value ?? 0} ms`;
    case 'pause':
      return 'Pause now…';
    case 'switchToPostcopy':
      return 'Post-copy…';
  }
}

/** The command that takes it, and its argument; undefined for the one that does nothing. */
export function wayCommand(
  { way, value }: Pick<WayOut, 'way' | 'value'>,
  migration: string,
): { readonly command: string; readonly argument: object } | undefined {
  switch (way) {
    case 'wait':
      return undefined;
    case 'setSpeed':
      return value === undefined
        ? undefined
        : { command: 'libvirt.setSpeed', argument: { migration, speedMiBps: value } };
    case 'setMaxDowntime':
      return value === undefined
        ? undefined
        : { command: 'libvirt.setMaxDowntime', argument: { migration, downtimeMs: value } };
    case 'pause':
    case 'switchToPostcopy':
      return { command: `libvirt.${way}`, argument: { migration } };
  }
}
