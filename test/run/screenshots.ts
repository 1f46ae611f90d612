// `npm run screenshots`: README's pictures and the gallery in docs, taken of the real thing: a stuck migration in the lab.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { figure, Scene } from '../e2e/scene.js';
import { allThemes } from '../editor/workbench.js';
import { repository } from './machine.mjs';

const longMs = 120_000;
const sizes = [
  { width: 800, height: 900 },
  { width: 1600, height: 1000 },
] as const;
/** README's own picture: the panel on a stuck migration, dark and wide. */
const readme = { theme: 'dark', width: 1600 } as const;

async function main(): Promise<void> {
  const pictures = join(repository, 'media', 'readme');
  const gallery = join(repository, 'out', 'screenshots');
  await mkdir(pictures, { recursive: true });
  await mkdir(gallery, { recursive: true });
  const scene = await Scene.open({ width: readme.width, height: 1000 });
  try {
    await scene.untilConnected();
    await scene.lab.startGuest('hv1', { name: 'mail', load: 'idle', workingSetMiB: 8, memoryMiB: 128 });
    const { guest } = await scene.startStuck({ name: 'i-17-91-VM', title: 'The shop’s database' });
    const page = await scene.openPanel(guest);
    await scene.workbench.until('iteration 5', async () => Number(await figure(page, 'Iteration')) >= 5, longMs);
    // On nothing: a tooltip would cover something.
    await scene.workbench.page.mouse.move(200, 350);
    for (const theme of allThemes) {
      await scene.workbench.setTheme(theme);
      for (const size of sizes) {
        await scene.workbench.setViewport(size.width, size.height);
        await page.locator('#chart-remaining canvas').waitFor();
        // Drawn again for the new size and colours by the next reading at the latest.
        const samples = Number(await page.locator('#charts').getAttribute('data-samples'));
        await scene.workbench.until(
          'a new reading',
          async () => Number(await page.locator('#charts').getAttribute('data-samples')) > samples,
        );
        const name = `panel-${theme}-${size.width}.png`;
        await scene.workbench.screenshot(join(gallery, name));
        if (theme === readme.theme && size.width === readme.width) {
          await scene.workbench.screenshot(join(pictures, 'panel-dark.png'));
        }
        console.log(name);
      }
    }
  } finally {
    await scene.close();
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
