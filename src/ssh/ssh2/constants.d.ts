/** What ssh2 does not export, nor its types know: the names of its algorithms. */
declare module 'ssh2/lib/protocol/constants.js' {
  const constants: Readonly<
    Record<
      | 'SUPPORTED_KEX'
      | 'DEFAULT_KEX'
      | 'SUPPORTED_SERVER_HOST_KEY'
      | 'DEFAULT_SERVER_HOST_KEY'
      | 'SUPPORTED_CIPHER'
      | 'DEFAULT_CIPHER'
      | 'SUPPORTED_MAC'
      | 'DEFAULT_MAC',
      readonly string[]
    >
  >;
  export default constants;
}
