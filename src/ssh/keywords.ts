/** What one keyword of ssh_config(5) does here, as docs/ssh.md tells it. Tests hold it against what the code reads and writes. */
export interface KeywordUse {
  /** What the transport ssh2 does with it; undefined where it is not used. */
  readonly ssh2: string | undefined;
  /** What the system's own ssh does with it; undefined where that is what it does anywhere. */
  readonly openssh?: string;
}

const used = 'used';
const unused = (why: string): KeywordUse => ({ ssh2: undefined, openssh: why });
const neverHere = 'always `no`: nothing is forwarded or run beside what this extension asks for';
const own = 'always its own: the connection is not shared with your other ssh';
/** What only ssh has words for. */
const opensshOnly: KeywordUse = { ssh2: undefined };
/** Decided before either transport begins: `ssh -G` is asked what a destination means. */
const bySsh = 'followed by `ssh -G`';
const resolving: KeywordUse = { ssh2: `${bySsh}; without ssh too` };
/** Where there is no ssh to ask, a configuration that needs it is refused in words. */
const lookingUp: KeywordUse = { ssh2: `${bySsh}; without ssh a refusal where names would be looked up` };

/** The keywords of OpenSSH 10.1, in the order of the manual. */
export const sshKeywords: Readonly<Record<string, KeywordUse>> = {
  Host: { ssh2: `${bySsh}; without ssh too; offered by *Add Host*` },
  Match: { ssh2: `${bySsh}; without ssh too, and what only ssh can judge (\`exec\`, \`localnetwork\`) is a refusal` },
  AddKeysToAgent: opensshOnly,
  AddressFamily: { ssh2: used },
  BatchMode: unused('always `no`: questions go to the editor, and in the background nobody is asked'),
  BindAddress: { ssh2: used },
  BindInterface: { ssh2: "used where the interface has one address that fits; otherwise the system's ssh" },
  CanonicalDomains: lookingUp,
  CanonicalizeFallbackLocal: { ssh2: bySsh },
  CanonicalizeHostname: lookingUp,
  CanonicalizeMaxDots: { ssh2: bySsh },
  CanonicalizePermittedCNAMEs: { ssh2: bySsh },
  CASignatureAlgorithms: opensshOnly,
  CertificateFile: { ssh2: "if one is there: the system's ssh, which can show it" },
  ChannelTimeout: unused('none for sessions: an idle virsh is not ended'),
  CheckHostIP: { ssh2: 'used; a key that disagrees with the one of the address is refused as changed' },
  Ciphers: { ssh2: "used, as far as ssh2 has them; with none left: the system's ssh" },
  ClearAllForwardings: unused('always `yes`'),
  Compression: opensshOnly,
  ConnectionAttempts: opensshOnly,
  ConnectTimeout: {
    ssh2: 'used, for all of a login; 20 s unless given',
    openssh: 'also limits all of a login, without the time you are asked',
  },
  ControlMaster: unused(own),
  ControlPath: unused(own),
  ControlPersist: unused(own),
  DynamicForward: unused('cleared'),
  EnableEscapeCommandline: opensshOnly,
  EnableSSHKeysign: opensshOnly,
  EscapeChar: unused('always `none`'),
  ExitOnForwardFailure: opensshOnly,
  FingerprintHash: { ssh2: undefined, openssh: 'always `sha256`' },
  ForkAfterAuthentication: unused('always `no`'),
  ForwardAgent: unused(neverHere),
  ForwardX11: unused(neverHere),
  ForwardX11Timeout: opensshOnly,
  ForwardX11Trusted: opensshOnly,
  GatewayPorts: opensshOnly,
  GlobalKnownHostsFile: { ssh2: used },
  GSSAPIAuthentication: { ssh2: "if the server takes it and nothing else let you in: the system's ssh" },
  GSSAPIDelegateCredentials: opensshOnly,
  HashKnownHosts: { ssh2: used },
  HostbasedAcceptedAlgorithms: opensshOnly,
  HostbasedAuthentication: { ssh2: undefined },
  HostKeyAlgorithms: { ssh2: 'used, as far as ssh2 has them, those of known keys first' },
  HostKeyAlias: { ssh2: used },
  Hostname: { ssh2: used },
  IdentitiesOnly: { ssh2: used },
  IdentityAgent: { ssh2: 'used: `none`, `SSH_AUTH_SOCK`, a variable, a path, `pageant` on Windows' },
  IdentityFile: { ssh2: "used; a security device's key or a certificate beside it: the system's ssh" },
  IgnoreUnknown: { ssh2: bySsh },
  Include: { ssh2: `${bySsh}, by *Add Host*, and without ssh too` },
  IPQoS: opensshOnly,
  KbdInteractiveAuthentication: { ssh2: used, openssh: '`no` in the background, where nobody can answer' },
  KbdInteractiveDevices: opensshOnly,
  KexAlgorithms: { ssh2: "used, as far as ssh2 has them; with none left: the system's ssh" },
  KnownHostsCommand: { ssh2: "if one is given: the system's ssh, and with ssh2 alone a refusal" },
  LocalCommand: unused('not run'),
  LocalForward: unused('cleared'),
  LogLevel: unused(
    'always `INFO`, or `VERBOSE` on the way through jump hosts and with one ssh a command: what tells how a login went, and why it was lost',
  ),
  LogVerbose: opensshOnly,
  MACs: { ssh2: "used, as far as ssh2 has them; with none left: the system's ssh" },
  NoHostAuthenticationForLocalhost: unused('always `no`'),
  NumberOfPasswordPrompts: { ssh2: used, openssh: '1 in the background: what is kept is tried once' },
  ObscureKeystrokeTiming: opensshOnly,
  PasswordAuthentication: { ssh2: used },
  PermitLocalCommand: unused('always `no`'),
  PermitRemoteOpen: opensshOnly,
  PKCS11Provider: {
    ssh2: "if one is named: the system's ssh; with ssh2 alone its keys are not offered, and a refusal says so",
  },
  Port: { ssh2: used },
  PreferredAuthentications: { ssh2: used },
  ProxyCommand: { ssh2: 'run by your shell, as its socket' },
  ProxyJump: { ssh2: 'used, chains too; each host on the way is checked and logged in to like the last' },
  ProxyUseFdpass: { ssh2: "if `yes`: the system's ssh" },
  PubkeyAcceptedAlgorithms: { ssh2: 'used' },
  PubkeyAuthentication: { ssh2: used },
  RefuseConnection: { ssh2: 'used: a refusal, in its words', openssh: 'used: a refusal, in its words' },
  RekeyLimit: opensshOnly,
  RemoteCommand: unused('always `none`: virsh is what runs'),
  RemoteForward: unused('cleared'),
  RequestTTY: unused('always `no`'),
  RequiredRSASize: { ssh2: "used, for hosts' keys and yours" },
  RevokedHostKeys: { ssh2: "if a file is named: the system's ssh, and with ssh2 alone a refusal" },
  SecurityKeyProvider: opensshOnly,
  SendEnv: opensshOnly,
  ServerAliveCountMax: { ssh2: used, openssh: '3 unless given' },
  ServerAliveInterval: { ssh2: 'used; 15 s unless given', openssh: '15 s unless given' },
  SessionType: unused('always `default`'),
  SetEnv: opensshOnly,
  StdinNull: unused('always `no`'),
  StreamLocalBindMask: opensshOnly,
  StreamLocalBindUnlink: opensshOnly,
  StrictHostKeyChecking: {
    ssh2: '`yes` refuses what is not known; everything else asks you, also `accept-new` and `no`',
    openssh: 'the same: no key is accepted unasked',
  },
  SyslogFacility: opensshOnly,
  Tag: resolving,
  TCPKeepAlive: opensshOnly,
  Tunnel: unused(neverHere),
  TunnelDevice: opensshOnly,
  UpdateHostKeys: unused('always `no`'),
  User: { ssh2: used },
  UserKnownHostsFile: {
    ssh2: 'used, all of them; what you accept goes to the first, or to `libvirt.ssh.acceptedKeys`',
  },
  VerifyHostKeyDNS: unused('always `no`'),
  VersionAddendum: opensshOnly,
  VisualHostKey: unused('always `no`'),
  WarnWeakCrypto: opensshOnly,
  XAuthLocation: opensshOnly,
};
