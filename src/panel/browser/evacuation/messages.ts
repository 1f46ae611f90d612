import type { EvacuationInit, EvacuationUpdate, ToEvacuationPanel } from '../../evacuationProtocol.js';
import { isRecord } from '../record.js';

function isHeader(value: unknown): boolean {
  return (
    isRecord(value) && typeof value['host'] === 'string' && [value['counts'], value['buttons']].every(Array.isArray)
  );
}

function isRows(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((row) => isRecord(row) && typeof row['id'] === 'string' && Array.isArray(row['buttons']))
  );
}

/** The only door for data: a message for this page; undefined for anything else. `shown` is the host an update must be of. */
export function readMessage(data: unknown, shown: string | undefined): ToEvacuationPanel | undefined {
  if (!isRecord(data) || typeof data['host'] !== 'string') return undefined;
  if (data['type'] === 'init' && isHeader(data['header']) && isRows(data['rows']) && Array.isArray(data['left'])) {
    return data as unknown as EvacuationInit;
  }
  const isUpdate =
    data['type'] === 'update' &&
    data['host'] === shown &&
    (data['header'] === undefined || isHeader(data['header'])) &&
    (data['rows'] === undefined || isRows(data['rows'])) &&
    (data['order'] === undefined || Array.isArray(data['order']));
  return isUpdate ? (data as unknown as EvacuationUpdate) : undefined;
}
