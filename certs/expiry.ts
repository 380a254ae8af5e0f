/** What to say about a kept file that is no longer valid; nothing while it is. Times are unix seconds. */
export const certificateFault = (path: string, notAfter: number, now: number): readonly string[] =>
  now <= notAfter ? [] : [`${path} is no longer valid; remove it, and it is made anew`];
