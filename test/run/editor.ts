// The editor suite: counts on the screen, and as JSON in the file given.
import { writeFile } from 'node:fs/promises';
import { runEditorSuite } from './editorSuite.js';

async function main(output: string | undefined): Promise<void> {
  const report = await runEditorSuite();
  for (const failure of report.failures) console.error(`  × ${failure}`);
  console.log(`editor: ${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`);
  if (output !== undefined) await writeFile(output, JSON.stringify(report));
  if (report.failed > 0) process.exitCode = 1;
}

main(process.argv[2]).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
