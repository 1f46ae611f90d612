import type { Migration } from '../migration/model.js';
import { colors, type Icon } from './rows.js';

/** Of a migration that has not ended. Nothing moves in one that is interrupted, and its guest stands still. */
export function runningIcon({ state }: Pick<Migration, 'state'>): Icon {
  return state.phase === 'postcopyInterrupted'
    ? { id: 'error', color: colors.bad }
    : { id: 'sync~spin', color: colors.moving };
}
