import type { Disposable } from '../base/disposable.js';
import { describeRoute } from '../migration/describe.js';
import type { Migration } from '../migration/model.js';
import { readPanelState } from './panelMessages.js';
import { type PanelOptions, PanelView } from './panelView.js';
import { RestoredPanels } from './restoredPanels.js';

/** The panels: one a migration, brought back after a reload. */
export class PanelManager implements Disposable {
  private readonly panels: RestoredPanels<PanelView>;

  constructor(private readonly options: PanelOptions) {
    this.panels = new RestoredPanels({
      viewType: 'libvirt.migration',
      readId: readPanelState,
      createView: (id, panel) => new PanelView(id, panel, options),
    });
  }

  /** Shows the migration's panel: the one it has, or a new one. */
  open(migration: Pick<Migration, 'id' | 'domainName' | 'source' | 'state'>): void {
    // A panel that came back may know it by the name that its window gave it.
    const isShown = ({ migrationId }: PanelView): boolean =>
      migrationId === migration.id || this.options.migrations.get(migrationId) === migration;
    const shown = this.panels.views.find(isShown);
    if (shown === undefined) this.panels.open(migration.id, describeRoute(migration));
    else shown.panel.reveal();
  }

  dispose(): void {
    this.panels.dispose();
  }
}
