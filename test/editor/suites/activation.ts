import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import type { LibvirtApi } from '../../../src/api.js';

export const extensionId = 'libvirt-live-migration.libvirt-live-migration';

/** The extension as the editor has it. */
export function extension(): vscode.Extension<LibvirtApi> {
  const found = vscode.extensions.getExtension<LibvirtApi>(extensionId);
  assert.ok(found, 'the editor does not know the extension');
  return found;
}

/** How long the editor took to load the bundle and activate it, in ms; undefined until then. */
export let activationMs: number | undefined;

/** How many migrations of earlier windows the extension has read back by now. */
export function knownMigrations(): number {
  return extension().exports.migrations.length;
}

export function activation(): void {
  describe('The extension', () => {
    it('activates and returns its API', async () => {
      // The whole cost, unless the editor has begun to activate it already.
      const wasActive = extension().isActive;
      const beganMs = performance.now();
      const api = await extension().activate();
      if (!wasActive) activationMs = performance.now() - beganMs;
      assert.equal(api.version, 1);
      assert.deepEqual(api.hosts, []);
      // Empty, unless earlier windows have left some.
      assert.ok(Array.isArray(api.migrations));
      assert.deepEqual(api.starts, []);
      assert.equal(typeof api.perform, 'function');
    });

    it('registers every command that it contributes', async () => {
      await extension().activate();
      const manifest = extension().packageJSON as {
        contributes: { commands: { command: string; category: string }[] };
      };
      const registered = new Set(await vscode.commands.getCommands(true));
      for (const { command, category } of manifest.contributes.commands) {
        assert.ok(registered.has(command), `${command} is not registered`);
        assert.equal(category, 'Libvirt');
      }
    });

    it('refuses to steer, or to start anything at, a host that is not there, in words', async () => {
      const api = await extension().activate();
      await assert.rejects(api.perform('nowhere', 'x', { kind: 'abort' }), /There is no host "nowhere"/);
      const request = {
        source: 'nowhere',
        domainUuid: 'x',
        destination: undefined,
        destinationUri: 'qemu+tcp://hv2/system',
        migrationUri: undefined,
        options: {
          live: true,
          p2p: true,
          persistent: false,
          undefineSource: false,
          autoConverge: false,
          postcopy: false,
          compressionMethods: [],
          storage: 'shared',
          tls: false,
          zeroCopy: false,
        },
      } as const;
      await assert.rejects(api.start(request), /There is no host "nowhere"/);
    });
  });
}
