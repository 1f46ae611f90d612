import { pastPage } from '../migration/past/pastList.js';
import { type Row, rowId } from './rows.js';

/** What was seen here, and what was brought from elsewhere. */
export type PastGroup = 'past' | 'imported';

const labels: Readonly<Record<PastGroup, string>> = { past: 'Past', imported: 'Imported' };

/** The row under which the migrations of a group stand. */
export function groupRow(group: PastGroup): Row {
  return {
    id: rowId('group', group),
    label: labels[group],
    description: undefined,
    icon: { id: group === 'past' ? 'history' : 'cloud-download', color: undefined },
    contextValue: `past.${group}`,
    tooltip: [
      group === 'past'
        ? 'Migrations that are over. Each opens as it was, and can be played back, compared and exported.'
        : 'Recordings of migrations that were imported here.',
    ],
    children: 'expanded',
  };
}

/** The row that shows the next page of a group. */
export function moreRow(group: PastGroup, command: string): Row {
  return {
    id: rowId('note', group),
    label: 'Show more…',
    description: undefined,
    icon: { id: 'ellipsis', color: undefined },
    contextValue: 'past.more',
    tooltip: [`Shows ${pastPage} more.`],
    children: 'none',
    command: { command, title: 'Show More', arguments: [group] },
  };
}
