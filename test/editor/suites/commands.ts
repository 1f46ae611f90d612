import { strict as assert } from 'node:assert';
import * as vscode from 'vscode';
import { extension } from './activation.js';

/** What the setting holds for the user, whatever a workspace says. */
function hostsSetting(): unknown {
  return vscode.workspace.getConfiguration('libvirt').inspect('hosts')?.globalValue;
}

async function setHosts(value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration('libvirt').update('hosts', value, vscode.ConfigurationTarget.Global);
}

/** Waits for the extension to take over a changed setting. */
async function untilHosts(names: readonly string[]): Promise<void> {
  const api = await extension().activate();
  const there = (): boolean => api.hosts.map(({ config }) => config.name).join() === names.join();
  if (there()) return;
  await new Promise<void>((resolve) => {
    const subscription = api.onDidChangeHosts(() => {
      if (!there()) return;
      subscription.dispose();
      resolve();
    });
  });
}

export function commands(): void {
  describe('Hosts', () => {
    before(async () => {
      await extension().activate();
    });
    after(() => setHosts(undefined));

    it('come from the setting, in its order, with what it leaves out', async () => {
      await setHosts([
        { name: 'b', destination: 'b.example' },
        { name: 'a', destination: 'root@a.example:2222', virsh: 'sudo -n virsh', readOnly: true, group: 'rack 1' },
      ]);
      await untilHosts(['b', 'a']);
      const api = await extension().activate();
      const [b, a] = api.hosts.map(({ config, status }) => ({ config, status: status.kind }));
      assert.deepEqual(b?.config, {
        name: 'b',
        destination: 'b.example',
        uri: 'qemu:///system',
        virsh: 'virsh',
        readOnly: false,
        group: undefined,
      });
      assert.equal(a?.config.readOnly, true);
      assert.equal(a.status, 'disconnected');
    });

    it('that can’t be used leave the others alone', async () => {
      await setHosts([
        { name: 'bad' },
        { name: 'dash', destination: '-oProxyCommand=reboot' },
        { name: 'good', destination: 'good.example' },
      ]);
      const api = await extension().activate();
      await untilHosts(api.hosts.some(({ config }) => config.name === 'dash') ? ['dash', 'good'] : ['good']);
      assert.ok(api.hosts.some(({ config }) => config.name === 'good'));
    });

    it('whose destination begins with a dash are refused when they are connected, and nothing is run', async () => {
      await setHosts([{ name: 'dash', destination: '-oProxyCommand=reboot' }]);
      const api = await extension().activate();
      const host = api.hosts.find(({ config }) => config.name === 'dash');
      if (host === undefined) return; // Refused already when the setting was read.
      await host.connect();
      assert.equal(host.status.kind, 'failed');
    });

    it('are removed by a command with its arguments, without a question when confirmed', async () => {
      await setHosts([
        { name: 'stays', destination: 'stays.example' },
        { name: 'goes', destination: 'goes.example' },
      ]);
      await untilHosts(['stays', 'goes']);
      await vscode.commands.executeCommand('libvirt.removeHost', { host: 'goes', confirmed: true });
      await untilHosts(['stays']);
      assert.deepEqual(hostsSetting(), [{ name: 'stays', destination: 'stays.example' }]);
    });

    it('are added by a command with its arguments', async () => {
      await setHosts([]);
      await untilHosts([]);
      // Nothing listens there: the host is added all the same, and says why it is not connected.
      await vscode.commands.executeCommand('libvirt.addHost', { destination: 'root@127.0.0.1:1', name: 'new' });
      await untilHosts(['new']);
      assert.deepEqual(hostsSetting(), [{ name: 'new', destination: 'root@127.0.0.1:1' }]);
    });
  });
}
