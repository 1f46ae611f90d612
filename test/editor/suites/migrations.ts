import { strict as assert } from 'node:assert';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { fileName } from '../../../src/migration/journalFiles.js';
import { writeRecord } from '../../../src/migration/journalFormat.js';
import type { Migration, Outcome } from '../../../src/migration/model.js';
import { left, storageVariable } from '../left.js';
import { until } from '../waiting.js';
import { extension } from './activation.js';

/** One that an earlier window has left. */
async function migrationOf(domainName: string): Promise<Migration> {
  const api = await extension().activate();
  return until(domainName, () => api.migrations.find((migration) => migration.domainName === domainName));
}

/** The folder of the journal, which all windows share. */
function journalFolder(): string {
  const storage = process.env[storageVariable];
  assert.ok(storage, `${storageVariable} is not set`);
  return join(storage, 'migrations');
}

export function forecasts(): void {
  describe('The API', () => {
    it('foretells of one that never ends how sure that is, and what another setting would come to', async () => {
      const api = extension().exports;
      const { id } = await migrationOf(left.neverEnds);
      const said = api.forecast(id);
      assert.ok(said?.kind === 'never', JSON.stringify(said));
      assert.ok(said.sure >= 0.5 && said.sure <= 1);
      assert.ok(said.roundBytes > 0);
      const other = api.forecast(id, { maxDowntimeMs: 60_000 });
      assert.ok(other?.kind === 'finishes', JSON.stringify(other));
      assert.ok(other.freezeMs <= 60_000);
      // Asked about, and not changed by that.
      assert.deepEqual(api.forecast(id), said);
    });

    it('foretells of one that ends when, and for how long the guest stands still', async () => {
      const said = extension().exports.forecast((await migrationOf(left.ends)).id);
      assert.ok(said?.kind === 'finishes', JSON.stringify(said));
      const { medianMs, intervalMs, freezeMs, freezeIntervalMs, sure } = said;
      assert.ok(medianMs > 0 && medianMs >= intervalMs[0] && medianMs <= (intervalMs[1] ?? Infinity));
      assert.ok(freezeMs >= freezeIntervalMs[0] && freezeMs <= freezeIntervalMs[1]);
      assert.ok(sure >= 0.5 && sure <= 1);
    });

    it('has the ways out, by the least harm first, each with the end that it leads to', async () => {
      const api = extension().exports;
      const ways = api.waysOut((await migrationOf(left.neverEnds)).id);
      const names = ways.map(({ way }) => way);
      assert.ok(names.includes('setMaxDowntime'), names.join());
      // Who waits, waits for ever; who cannot go back afterwards has it last.
      assert.ok(!names.includes('wait'), names.join());
      assert.equal(names.at(-1), 'switchToPostcopy');
      for (const { way, value, forecast } of ways) {
        assert.equal(forecast.kind, 'finishes');
        assert.equal(value === undefined, way === 'pause' || way === 'switchToPostcopy', `${way}: ${String(value)}`);
      }
      const [best] = api.waysOut((await migrationOf(left.ends)).id);
      assert.equal(best?.way, 'wait');
    });

    it('foretells nothing before the first reading', async () => {
      const { id } = await migrationOf(left.unread);
      assert.equal(extension().exports.forecast(id), undefined);
      assert.deepEqual(extension().exports.waysOut(id), []);
    });

    it('foretells nothing of one that is over, however much was read of it', async () => {
      const over = await migrationOf(left.over);
      await until('its readings', () => over.samples.length > 0);
      assert.equal(extension().exports.forecast(over.id), undefined);
      assert.equal(extension().exports.forecast(over.id, { pause: true }), undefined);
      assert.deepEqual(extension().exports.waysOut(over.id), []);
    });

    it('foretells nothing of one that it does not know', () => {
      assert.equal(extension().exports.forecast('no such migration'), undefined);
      assert.deepEqual(extension().exports.waysOut('no such migration'), []);
    });
  });
}

/** Another window, `window` by its name, has seen how a migration of this one's list ended; resolves once this one knows. */
async function tellEnd(migration: Migration, outcome: Outcome, window: string): Promise<void> {
  const { id, domainUuid, domainName, domainTitle, source, startedAtMs, state } = migration;
  const record = writeRecord({
    identity: { id, domainUuid, domainName, domainTitle, source, startedAtMs },
    samples: [],
    marks: [],
    fields: [],
    state: { ...state, phase: 'ended', outcome, endedAtMs: Date.now(), place: { kind: 'fine', on: source } },
  });
  await writeFile(join(journalFolder(), fileName(id, window)), record);
  await until(`the end of ${domainName}`, () => migration.state.outcome !== undefined);
}

/** The panels that are open, by the guests in their titles. */
function panels(): string[] {
  const labels = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.map(({ label }) => label));
  return Object.values(left).filter((name) => labels.some((label) => label.split(/[ :]/u).includes(name)));
}

/** Presses the first button of the newest notification; where there is none, nothing happens. */
async function press(): Promise<void> {
  await vscode.commands.executeCommand('notification.acceptPrimaryAction');
}

export function endings(): void {
  describe('A migration that was not started from here', () => {
    before(async () => {
      await vscode.commands.executeCommand('notifications.clearAll');
    });
    afterEach(async () => {
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('no panel to be open', () => panels().length === 0);
    });

    it('is told of once when it fails, with a button that opens it, and not when it comes through or is aborted', async () => {
      const result = { totalTimeMs: 90_000, downtimeMs: 40, transferredBytes: undefined, iterations: 3 };
      await tellEnd(await migrationOf(left.comesThrough), { kind: 'completed', result }, 'c0ffee');
      await tellEnd(await migrationOf(left.isAborted), { kind: 'aborted' }, 'c0ffee');
      const failed = { kind: 'failed', reason: 'operation failed: no space left' } as const;
      const first = await migrationOf(left.fails);
      await tellEnd(first, failed, 'c0ffee');
      await press();
      await until('its panel', () => panels().includes(left.fails));
      await vscode.commands.executeCommand('workbench.action.closeAllEditors');
      await until('no panel to be open', () => panels().length === 0);
      // A third window has seen the same end. There is no other notice to press until the next one fails.
      await tellEnd(first, failed, 'decade');
      for (let notice = 0; notice < 3; notice += 1) await press();
      await tellEnd(await migrationOf(left.failsToo), failed, 'c0ffee');
      await press();
      await until('the panel of the next', () => panels().includes(left.failsToo));
      assert.deepEqual(panels(), [left.failsToo]);
    });
  });
}
