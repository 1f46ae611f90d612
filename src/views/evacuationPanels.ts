import type { Disposable } from '../base/disposable.js';
import { readEvacuationState } from './evacuationMessages.js';
import { evacuationTitle, EvacuationView, type EvacuationViewOptions } from './evacuationView.js';
import { RestoredPanels } from './restoredPanels.js';

/** The panels of evacuations: one a host, brought back after a reload. */
export class EvacuationPanels implements Disposable {
  private readonly panels: RestoredPanels<EvacuationView>;

  constructor(options: EvacuationViewOptions) {
    this.panels = new RestoredPanels({
      viewType: 'libvirt.evacuation',
      readId: readEvacuationState,
      createView: (host, panel) => new EvacuationView(host, panel, options),
    });
  }

  /** Shows the panel of a host's newest evacuation: the one it has, or a new one. */
  open(host: string): void {
    const shown = this.panels.get(host);
    if (shown === undefined) this.panels.open(host, evacuationTitle(host));
    else shown.panel.reveal();
  }

  dispose(): void {
    this.panels.dispose();
  }
}
