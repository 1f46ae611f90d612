import type { ToComparison } from '../../comparisonProtocol.js';
import { isRecord } from '../record.js';

function isSide(side: unknown): boolean {
  return isRecord(side) && typeof side['domainName'] === 'string' && Array.isArray(side['samples']);
}

/** The only door for data: a message for this page; undefined for anything else. */
export function readMessage(data: unknown): ToComparison | undefined {
  if (!isRecord(data) || data['type'] !== 'comparison' || typeof data['id'] !== 'string') return undefined;
  const { sides, rows } = data;
  const isWhole = sides === undefined || (Array.isArray(sides) && sides.length === 2 && sides.every(isSide));
  return isWhole && Array.isArray(rows) ? (data as unknown as ToComparison) : undefined;
}
