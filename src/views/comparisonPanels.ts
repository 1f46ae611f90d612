import type { Disposable } from '../base/disposable.js';
import { comparisonId, readComparisonState } from './comparisonMessages.js';
import { type ComparisonOptions, ComparisonView } from './comparisonView.js';
import { RestoredPanels } from './restoredPanels.js';

/** The pages that compare migrations: one a pair, brought back after a reload. */
export class ComparisonPanels implements Disposable {
  private readonly panels: RestoredPanels<ComparisonView>;

  constructor(options: ComparisonOptions) {
    this.panels = new RestoredPanels({
      viewType: 'libvirt.comparison',
      readId: readComparisonState,
      createView: (id, panel) => new ComparisonView(id, panel, options),
    });
  }

  open(first: string, second: string): void {
    const id = comparisonId(first, second);
    const shown = this.panels.get(id);
    if (shown === undefined) this.panels.open(id, 'Two Migrations');
    else shown.panel.reveal();
  }

  dispose(): void {
    this.panels.dispose();
  }
}
