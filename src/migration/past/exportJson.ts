import type { JournalRecord } from '../journalFormat.js';
import { type ExportedMigration, exportFormat, exportVersion } from './exportFormat.js';

/** A migration as JSON, for people, for scripts, and to be imported again: docs/recordings.md says what it holds. */
export function exportJson({ identity, samples, marks, state, readings }: JournalRecord, exportedAtMs: number): string {
  const { id, ...who } = identity;
  const exported: ExportedMigration = {
    format: exportFormat,
    version: exportVersion,
    exportedAt: new Date(exportedAtMs).toISOString(),
    migration: { id, ...who, domainTitle: who.domainTitle },
    state,
    readings: samples.map((sample) => {
      const { job, ...own } = sample;
      const { fields = [], said } = readings?.get(sample) ?? {};
      return {
        ...own,
        fields: fields.map(({ name, value }) => [name, value] as const),
        // What a host told in no field of its own.
        ...(fields.length === 0 ? { job } : {}),
        ...(said === undefined ? {} : { forecast: said }),
      };
    }),
    marks,
  };
  // A reading a line: a file of thousands can be looked at, and compared.
  const { readings: rows, marks: marked, ...head } = exported;
  const list = (items: readonly unknown[]): string =>
    items.length === 0 ? '[]' : `[\n${items.map((item) => `    ${JSON.stringify(item)}`).join(',\n')}\n  ]`;
  const start = JSON.stringify(head, undefined, 2).replace(/\n\}$/, '');
  return `${start},\n  "marks": ${list(marked)},\n  "readings": ${list(rows)}\n}\n`;
}
