const furthest = 8.64e15; // ms: no Date is later, nor earlier than its negative

/** A time of the API, in seconds; one that no Date reaches is the furthest one. */
export function dateOf(seconds: number): Date {
  return new Date(Math.max(-furthest, Math.min(furthest, seconds * 1000)));
}
