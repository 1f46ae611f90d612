/**
 * Whether virsh ended because its migration was interrupted in post-copy, by somebody or by the network: it is not over, but waits
 * to be resumed, and another virsh, which resumes it, tells how it ends. `text`: virsh's words, as
 * `operation failed: job 'migration in' failed in post-copy phase`.
 */
export function isPostcopyInterrupted(text: string): boolean {
  return /failed in post-copy phase/i.test(text);
}
