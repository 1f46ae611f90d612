/** What is left for the guest's memory of a card's speed: frames and TCP take the rest. */
const usableShare = 0.94;

/** What a card of 10^6 bits a second carries of a guest, at best. */
export function bytesPerSecondOf(megabitsPerSecond: number): number {
  return (megabitsPerSecond * 1e6 * usableShare) / 8;
}
