import type { PanelInit, PanelUpdate, ToPanel } from '../protocol.js';

/** The only door for data: what does not look like a message of the extension is not looked at further. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function isHeader(value: unknown): boolean {
  return (
    isRecord(value) && typeof value['domainName'] === 'string' && isList(value['figures']) && isList(value['buttons'])
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

/** A message for this page; undefined for anything else. `shown` is the migration an update must belong to. */
export function readMessage(data: unknown, shown: string | undefined): ToPanel | undefined {
  if (!isRecord(data) || typeof data['migrationId'] !== 'string') return undefined;
  if (data['type'] === 'init' && isInit(data)) return data as unknown as PanelInit;
  if (data['type'] === 'update' && data['migrationId'] === shown && isUpdate(data))
    return data as unknown as PanelUpdate;
  return undefined;
}
