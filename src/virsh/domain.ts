/** libvirt's virDomainState as `virsh domstate` names it; what a later version adds is `unknown`. */
export type DomainState =
  'running' | 'idle' | 'paused' | 'inShutdown' | 'shutOff' | 'crashed' | 'suspended' | 'noState' | 'unknown';

/** `virsh domstate --reason`: `reason` as printed (`migrating`, `user`, `migration canceled`, `post-copy failed`), if any. */
export interface StateAndReason {
  readonly state: DomainState;
  readonly reason: string | undefined;
}

/** What the domain XML tells of a domain. Texts may hold anything a user or a platform wrote. */
export interface DomainDescription {
  readonly uuid: string;
  readonly name: string;
  readonly title: string | undefined;
  readonly memoryBytes: number | undefined;
  readonly vcpus: number | undefined;
  /** The name a cloud platform gave the guest, from its metadata: OpenStack's nova:name, CloudStack's. */
  readonly platformName: string | undefined;
  readonly platform: 'openstack' | 'cloudstack' | undefined;
  /** `/dev/pts/..` is nothing to show; the type is: kvm, qemu, xen. */
  readonly virtType: string | undefined;
}

/** One line, or one block, of `virsh event`. Events carry only the name and a name may imitate an event: a hint, to be confirmed. */
export type VirshEvent =
  | {
      readonly kind: 'lifecycle';
      readonly domainName: string;
      readonly event: string;
      readonly detail: string | undefined;
      readonly timestamp: string | undefined;
    }
  | {
      readonly kind: 'iteration';
      readonly domainName: string;
      readonly iteration: number;
      readonly timestamp: string | undefined;
    }
  | {
      readonly kind: 'jobCompleted';
      readonly domainName: string;
      readonly job: import('./jobInfo.js').JobInfo;
      readonly timestamp: string | undefined;
    }
  | {
      readonly kind: 'other';
      readonly event: string;
      readonly domainName: string;
      readonly timestamp: string | undefined;
    };
