import type { PanelInit, PanelMoment, PanelUpdate, ToPanel } from '../protocol.js';
import { isRecord } from './record.js';

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function isHeader(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['domainName'] === 'string' &&
    ['figures', 'buttons', 'ways'].every((list) => isList(value[list]))
  );
}

const LISTS = ['samples', 'marks', 'fields', 'log'] as const;

function isInit(data: Record<string, unknown>): boolean {
  return isHeader(data['header']) && LISTS.every((list) => isList(data[list]));
}

function isUpdate(data: Record<string, unknown>): boolean {
  return (
    (data['header'] === undefined || isHeader(data['header'])) &&
    LISTS.every((list) => data[list] === undefined || isList(data[list]))
  );
}

function isMoment(data: Record<string, unknown>): boolean {
  return isHeader(data['header']) && isList(data['fields']) && typeof data['elapsedMs'] === 'number';
}

/** The only door for data: a message for this page; undefined for anything else. `shown` is the migration an update must belong to. */
export function readMessage(data: unknown, shown: string | undefined): ToPanel | undefined {
  if (!isRecord(data) || typeof data['migrationId'] !== 'string') return undefined;
  if (data['type'] === 'init' && isInit(data)) return data as unknown as PanelInit;
  if (data['type'] === 'update' && data['migrationId'] === shown && isUpdate(data))
    return data as unknown as PanelUpdate;
  if (data['type'] === 'moment' && data['migrationId'] === shown && isMoment(data))
    return data as unknown as PanelMoment;
  return undefined;
}
