import { describe, expect, it } from 'vitest';
import { nameProblem, parseHosts, withHost, withoutHost } from '../../../src/editor/hostSettings.js';

describe('the setting libvirt.hosts', () => {
  it('gives a host its defaults', () => {
    expect(parseHosts([{ name: 'hv1', destination: 'root@hv1' }])).toEqual({
      hosts: [
        {
          name: 'hv1',
          destination: 'root@hv1',
          uri: 'qemu:///system',
          virsh: 'virsh',
          readOnly: false,
          group: undefined,
        },
      ],
      problems: [],
    });
  });

  it.each([
    ['no text', { name: 'hv2', destination: 7 }, 'entry 2 ("hv2"): destination must be a text.'],
    ['nothing', null, 'entry 2: it must be an object that has a name and a destination.'],
    ['no destination', { name: 'hv2' }, 'entry 2 ("hv2"): it must be an object that has a name and a destination.'],
    ['an empty name', { name: ' ', destination: 'hv2' }, 'entry 2: name must not be empty.'],
    ['a destination that ssh would take for an option', { name: 'hv2', destination: '-oProxyCommand=x' }, 'dash'],
    ['a second line', { name: 'hv2', destination: 'hv2', virsh: 'virsh\nreboot' }, 'virsh must not hold control'],
    ['readOnly as a text', { name: 'hv2', destination: 'hv2', readOnly: 'yes' }, 'readOnly must be true or false.'],
    ['a name twice', { name: 'hv1', destination: 'other' }, 'entry 2 ("hv1"): another host before it has this name.'],
  ])('says which entry is wrong and why, and keeps the others: %s', (_, bad, problem) => {
    const { hosts, problems } = parseHosts([{ name: 'hv1', destination: 'a' }, bad, { name: 'hv3', destination: 'c' }]);
    expect(hosts.map((host) => host.name)).toEqual(['hv1', 'hv3']);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  it('takes the libvirt that a pasted URI asks for, unless told another', () => {
    const destination = 'qemu+ssh://root@hv1/session';
    const { hosts } = parseHosts([
      { name: 'a', destination },
      { name: 'b', destination, uri: 'qemu:///system' },
    ]);
    expect(hosts.map((host) => host.uri)).toEqual(['qemu:///session', 'qemu:///system']);
  });

  it('that is no list is said to be none, and is never overwritten', () => {
    expect(parseHosts({ hv1: 'root@hv1' }).problems).toHaveLength(1);
    expect(() => withHost({ hv1: 'root@hv1' }, { name: 'a', destination: 'b' })).toThrow(/left as it is/);
  });

  it('keeps entries it does not understand when one is added or removed', () => {
    const odd = [42, { name: 'hv1', destination: 'a', later: true }, { name: 'hv2' }];
    expect(withHost(odd, { name: 'hv3', destination: 'c' })).toEqual([...odd, { name: 'hv3', destination: 'c' }]);
    expect(withoutHost(odd, 'hv1')).toEqual([42, { name: 'hv2' }]);
    expect(withHost(undefined, { name: 'a', destination: 'b' })).toEqual([{ name: 'a', destination: 'b' }]);
  });

  it('tells why a name can not be a new one', () => {
    expect(nameProblem('hv1', ['hv1'])).toBe('There is a host "hv1" already.');
    expect(nameProblem(' ', [])).toBe('Name must not be empty.');
    expect(nameProblem('hv2', ['hv1'])).toBeUndefined();
  });
});
