import { guestName } from '../migration/describe.js';
import { type Hosts, isOnlyWatched } from '../migration/availability.js';
import { outlookFor } from '../migration/forecast/verdict.js';
import { bestWayText } from '../migration/forecast/wayTexts.js';
import { waysOut } from '../migration/forecast/waysOut.js';
import type { Migration } from '../migration/model.js';
import { wayButton, wayCommand } from '../migration/wayButtons.js';
import type { RowCommand } from './rows.js';

/** What is said of a migration that never ends, and what can be done about it. */
export interface StuckNotice {
  readonly migration: string;
  readonly text: string;
  /** The best ways out, by the least harm first. */
  readonly ways: readonly RowCommand[];
}

/** Surer than this, or nobody is disturbed: who is told so of one that ends after all, believes it no more. */
const sureEnough = 0.93;
/** A notification has room for so many, and for one that opens the panel. */
const mostWays = 2;

/** What to say of a migration that is judged to never end; undefined of any other. */
export function stuckNotice(migration: Migration, hosts: Hosts): StuckNotice | undefined {
  const { state, source, id } = migration;
  if (state.outcome !== undefined || state.interrupted !== undefined || state.phase !== 'precopy') return undefined;
  const outlook = outlookFor(migration);
  if (outlook?.asItIs.kind !== 'never' || outlook.asItIs.sure <= sureEnough) return undefined;
  const best = bestWayText(outlook);
  const ways = isOnlyWatched(source, hosts)
    ? []
    : waysOut(outlook).flatMap((way): RowCommand[] => {
        const { enabled, label } = wayButton(way, migration, hosts);
        const command = enabled ? wayCommand(way, id) : undefined;
        return command === undefined ? [] : [{ command: command.command, title: label, arguments: [command.argument] }];
      });
  return {
    migration: id,
    text: `The migration of '${guestName(migration)}' never ends at these settings.${best === '' ? '' : ` ${best}`}`,
    ways: ways.slice(0, mostWays),
  };
}

/** Which migrations were told of, over reloads and in all windows. */
export interface ToldMigrations {
  has(id: string): boolean;
  add(id: string): void;
}

/** Says it once of each migration, however often it is judged so. */
export class StuckNews {
  constructor(private readonly told: ToldMigrations) {}

  /** Undefined where there is nothing to say, or it was said. */
  of(migration: Migration, hosts: Hosts): StuckNotice | undefined {
    if (this.told.has(migration.id)) return undefined;
    const notice = stuckNotice(migration, hosts);
    if (notice !== undefined) this.told.add(migration.id);
    return notice;
  }
}
