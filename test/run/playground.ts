// The lab with a stuck migration and VS Code on it, until a signal: the second half of `npm start`.
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stagedExtension } from '../editor/stagedExtension.js';
import { VsCodeServer } from '../editor/vscodeServer.js';
import { Lab, labMissing } from '../lab/lab.js';
import { findProgram } from './machine.mjs';

/** What is to be taken down again, the last first. */
const undo: (() => Promise<unknown>)[] = [];
let ending: Promise<void> | undefined;

/** Waits for a step. When everything is being taken down meanwhile, nothing comes after it. */
async function unlessEnding<T>(step: Promise<T>): Promise<T> {
  const result = await step;
  if (ending !== undefined) throw new Error('Interrupted.');
  return result;
}

function takeDown(): Promise<void> {
  ending ??= (async () => {
    console.log('\nTaking everything down ...');
    for (const step of undo.reverse()) {
      await step().catch((error: unknown) => console.error(error instanceof Error ? error.message : error));
    }
    console.log('Down.');
  })();
  return ending;
}

function end(): void {
  void takeDown().then(() => process.exit(0));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
// Whoever started this holds the other end.
process.stdin.on('end', end).resume();

async function main(): Promise<void> {
  const missing = labMissing();
  if (missing !== undefined) throw new Error(missing);

  console.log('Bringing up the lab ...');
  const coming = Lab.up();
  // A lab can't be taken down while it comes up; one that did not come is nobody's to take down.
  undo.push(() =>
    coming.then(
      (lab) => lab.down(),
      () => undefined,
    ),
  );
  const lab = await unlessEnding(coming);
  const guest = await lab.startGuest('hv1', { name: 'shop-db', title: 'The shop’s database', rateMiBps: 60 });
  await lab.startGuest('hv1', { name: 'mail', load: 'idle', workingSetMiB: 8, memoryMiB: 256 });
  console.log('Waiting for the guest to be busy ...');
  await unlessEnding(guest.untilHot('hv1'));
  lab.migrate(guest.uuid, 'hv1', 'hv2').done.then(
    // Of one that is ended with the lab there is nothing to say.
    ({ code }) =>
      ending === undefined &&
      console.log(code === 0 ? 'shop-db has migrated.' : 'The migration of shop-db ended without completing.'),
    () => undefined,
  );

  const settings = {
    'libvirt.hosts': [
      { name: 'hv1', destination: 'hv1', group: 'Lab' },
      { name: 'hv2', destination: 'hv2', group: 'Lab' },
    ],
    'libvirt.ssh.configFile': lab.sshConfig,
    'libvirt.autoConnect': 'all',
  };
  const code = findProgram('code');
  if (code !== undefined && (process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']) !== undefined) {
    await openDesktop(code, settings);
  } else {
    const starting = VsCodeServer.start({ settings });
    undo.push(async () => (await starting).stop());
    const server = await unlessEnding(starting);
    const address = server.address({ folder: server.workspace, extension: await stagedExtension() });
    console.log(`Open ${address}`);
  }
  console.log(
    'Ready. The Libvirt view shows shop-db migrating to hv2, and never arriving. Ctrl-C takes all of it down.',
  );
  // Nothing else may keep this process: the lab's and the server's own handles can be closed at any time.
  setInterval(() => undefined, 1 << 30);
}

/** The desktop's own VS Code, in a profile that goes again. As root it wants to be told that this is meant. */
async function openDesktop(code: string, settings: Record<string, unknown>): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'libvirt-playground-'));
  undo.push(() => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 300 }));
  await mkdir(join(profile, 'User'), { recursive: true });
  await writeFile(join(profile, 'User', 'settings.json'), JSON.stringify(settings, undefined, 2));
  const args = ['--wait', '--new-window', '--user-data-dir', profile, '--extensions-dir', join(profile, 'extensions')];
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const window = spawn(code, [...args, ...root, `--extensionDevelopmentPath=${await stagedExtension()}`], {
    stdio: 'ignore',
  });
  undo.push(() => Promise.resolve(window.kill()));
  window.on('close', end);
}

main().catch(async (error: unknown) => {
  // What fails because it is being taken down is no news.
  if (ending !== undefined) return;
  console.error(error instanceof Error ? error.message : String(error));
  await takeDown();
  process.exit(1);
});
