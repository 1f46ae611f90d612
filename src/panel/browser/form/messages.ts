import type { ToForm } from '../../formProtocol.js';
import { isRecord } from '../record.js';

const RECORDS = ['guest', 'destination', 'preset', 'preflight', 'start'] as const;
const LISTS = ['way', 'otherWays', 'groups'] as const;

/** The only door for data: what does not look like the extension's view is not looked at further. */
export function readView(data: unknown): ToForm | undefined {
  if (!isRecord(data) || data['type'] !== 'view' || !isRecord(data['view'])) return undefined;
  const view = data['view'];
  if (!RECORDS.every((name) => isRecord(view[name])) || !LISTS.every((name) => Array.isArray(view[name]))) {
    return undefined;
  }
  return typeof data['heard'] === 'number' ? (data as unknown as ToForm) : undefined;
}
