/** What is kept of a start whose own virsh was killed, once its migration is known to have been aborted. */
export const abortedText = 'it was aborted';

/**
 * Whether a start ended because somebody aborted its migration. `text`: what is kept of its end, in virsh's words where it had any:
 * libvirt has always said it as `operation aborted: job 'migration out' canceled by client`.
 */
export function isAbort(text: string): boolean {
  return text === abortedText || /cancell?ed by client/i.test(text);
}
