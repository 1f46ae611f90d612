import * as vscode from 'vscode';
import { cleanLabel } from '../base/cleanText.js';
import type { Hypervisor } from '../hypervisor/model.js';
import { HostFailed } from './hostFailed.js';
import { readHost, resolveHost } from './pickHost.js';
import type { Command, CommandServices } from './services.js';

/** Connects a host; what the connection needs to know is asked. */
export const connect: Command = {
  id: 'libvirt.connect',
  async run(services, argument) {
    const hypervisor = await resolveHost(services, readHost(this.id, argument), {
      title: 'Connect a Host',
      fits: ({ status }) => status.kind !== 'connected',
      none: services.fleet.hypervisors.length === 0 ? 'There are no hosts yet.' : 'All hosts are connected.',
    });
    return hypervisor === undefined ? undefined : connectHost(services, hypervisor);
  },
};

/** Throws the reason when it fails: the tree shows it as well, but the one who asked is told. */
export async function connectHost({ prompts }: CommandServices, hypervisor: Hypervisor): Promise<string> {
  await vscode.window.withProgress({ location: { viewId: 'libvirt.hosts' } }, () =>
    hypervisor.connect(prompts.of(hypervisor.config)),
  );
  const { status, config } = hypervisor;
  const name = cleanLabel(config.name);
  if (status.kind === 'failed' && status.byUser === true) return `${name} is not connected.`;
  if (status.kind === 'failed' || status.kind === 'reconnecting') {
    const message = status.message.includes(config.name) ? status.message : `${name}: ${status.message}`;
    const remedy = status.kind === 'failed' ? status.remedy : undefined;
    throw new HostFailed(config.name, message, status.advice, remedy ?? 'retry');
  }
  return status.kind === 'connected' ? `Connected to ${name}.` : `${name} is not connected.`;
}
