import { describe, expect, it } from 'vitest';
import { destinationChoices } from '../../../src/commands/destinationChoices.js';
import type { SshAlias } from '../../../src/ssh/aliases.js';

const alias = (name: string, hostName?: string, user?: string): SshAlias => ({ name, hostName, user });
const aliases = [alias('hv1', '192.0.2.1', 'root'), alias('hv2', undefined, 'admin'), alias('hv3', 'hv3')];

describe('Add Host', () => {
  it('offers the aliases of the ssh configuration, with where they lead', () => {
    expect(destinationChoices('', aliases, [])).toEqual([
      { label: 'hv1', description: 'root@192.0.2.1', destination: 'hv1' },
      { label: 'hv2', description: 'admin@hv2', destination: 'hv2' },
      { label: 'hv3', destination: 'hv3' },
    ]);
  });

  it('leaves out hosts that are in the tree already, whatever user or port they have there', () => {
    const choices = destinationChoices('', aliases, ['hv1', 'root@hv2:2222', 'not a destination']);
    expect(choices.map(({ destination }) => destination)).toEqual(['hv3']);
  });

  it('takes any destination: what is typed comes first', () => {
    const [first, second] = destinationChoices(' root@hv9:2222 ', aliases, []);
    expect(first).toMatchObject({ label: 'root@hv9:2222', destination: 'root@hv9:2222', alwaysShow: true });
    expect(second?.destination).toBe('hv1');
  });

  it('shows an alias that is typed out once', () => {
    expect(destinationChoices('hv2', aliases, []).filter(({ label }) => label === 'hv2')).toHaveLength(1);
  });

  it('says what is wrong with a text that can be none, and does not take it', () => {
    const [first] = destinationChoices('-oProxyCommand=reboot', aliases, []);
    expect(first).toMatchObject({ destination: undefined, alwaysShow: true });
    expect(first?.detail).toMatch(/begins with a dash/);
  });

  it('says what of a pasted URI is not followed', () => {
    const [first] = destinationChoices('qemu+ssh://root@hv9/system?no_verify=1', aliases, []);
    expect(first?.detail).toMatch(/no_verify/);
    expect(first?.destination).toBe('qemu+ssh://root@hv9/system?no_verify=1');
  });

  it('says what to do where nothing is typed and nothing is known', () => {
    expect(destinationChoices('', [], [])).toEqual([
      { label: 'Type where the host is.', alwaysShow: true, destination: undefined },
    ]);
  });

  it('draws no icon out of a name', () => {
    expect(destinationChoices('', [alias('hv1', '$(trash)')], [])[0]?.description).toBe('\\$(trash)');
  });
});
