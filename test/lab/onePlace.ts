import type { Guest, HostName, Lab } from './lab.js';
import { until } from './run.js';

const hostNames: readonly HostName[] = ['hv1', 'hv2'];

/** How long the two hosts may take to agree about a migration that was given up. */
const settledMs = 20_000;

/** What a test has done to a guest on purpose, so that it is not what is looked for. */
export type Meant = 'paused' | 'gone';

/** `hv2` for a guest that runs there, `hv2: paused (user)` for one that does not; nothing where it is shut off, or not at all. */
export function placeText(host: string, state: string | undefined): readonly string[] {
  if (state === undefined || state.startsWith('shut off')) return [];
  return [state.startsWith('running') ? host : `${host}: ${state}`];
}

/** Where it is, and how: `hv2: running (migrated)`. A definition that is shut off is no place. */
async function placesOf(lab: Lab, { uuid }: Guest): Promise<readonly string[]> {
  const states = await Promise.all(
    hostNames.map(async (host) => ({ host, state: await lab.host(host).stateOf(uuid) })),
  );
  return states
    .filter(({ state }) => state !== undefined && !state.startsWith('shut off'))
    .map(({ host, state }) => `${host}: ${state ?? ''}`);
}

/**
 * Throws unless each guest is on exactly one host and runs there: never on two, on none, or left paused. `meant` names those that
 * the test itself has paused or taken away.
 */
export async function expectOnePlace(
  lab: Lab,
  guests: readonly Guest[],
  meant: ReadonlyMap<Guest, Meant> = new Map(),
): Promise<void> {
  const wrong: string[] = [];
  for (const guest of guests) {
    const places = await placesOf(lab, guest);
    const wanted = meant.get(guest) ?? 'running';
    const isRight =
      wanted === 'gone' ? places.length === 0 : places.length === 1 && (places[0]?.includes(`: ${wanted}`) ?? false);
    if (!isRight) wrong.push(`${guest.name} is not ${wanted} on one host: ${places.join(', ') || 'it is on none'}`);
  }
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
}

/**
 * Empties the lab after a test, however that went. Throws where a migration that was begun has left one of its guests on two hosts,
 * on none, or standing still; those that are under way yet are given up first.
 */
export async function clearSettled(lab: Lab): Promise<void> {
  try {
    await giveUpMigrations(lab);
    const settled = (): Promise<void> => expectOnePlace(lab, lab.guests);
    const isSettled = (): Promise<true | undefined> =>
      settled().then(
        () => true,
        () => undefined,
      );
    // What is wrong is told by the guests' states, not by the wait for them.
    await until('every guest on one host', isSettled, settledMs).catch(settled);
  } finally {
    await lab.clear();
  }
}

async function giveUpMigrations(lab: Lab): Promise<void> {
  for (const { uuid } of lab.guests) {
    for (const name of hostNames) {
      // From a post-copy there is no way back: it ends by being let loose.
      await lab.host(name).exec(['virsh', 'migrate-setspeed', uuid, '10000', '--postcopy']);
      await lab.host(name).exec(['virsh', 'domjobabort', uuid]);
    }
  }
}
