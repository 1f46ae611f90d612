import { describe, expect, it } from 'vitest';
import { packagesMissing } from '../../lab/missing.js';

describe('a machine on which the lab can’t run', () => {
  it('is told the packages to install, each once, in one line', () => {
    const programs = { 'no-such-virtlogd': 'libvirt-daemon', 'no-such-libvirtd': 'libvirt-daemon', sh: 'dash' };
    expect(packagesMissing('The lab', programs, ['libvirt-daemon-driver-qemu'])).toBe(
      'The lab needs packages that are not installed: apt-get install --no-install-recommends libvirt-daemon libvirt-daemon-driver-qemu',
    );
  });

  it('is told nothing where all is there', () => {
    expect(packagesMissing('The lab', { sh: 'dash' })).toBeUndefined();
  });
});
