/** Numbers that look random and come back with the same seed. */
export interface Seeded {
  /** 0 <= n < below, whole. */
  below(below: number): number;
  pick<T>(from: readonly T[]): T;
  /** Another independent sequence, the same for the same name. */
  fork(name: string): Seeded;
}

/** mulberry32: small, and good enough to choose whom to kill. */
export function seeded(seed: number): Seeded {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick(from) {
      const one = from[below(from.length)];
      if (one === undefined) throw new RangeError('nothing to pick from');
      return one;
    },
    fork: (name) =>
      seeded(new TextEncoder().encode(name).reduce((sum, c) => Math.imul(sum ^ c, 16777619), seed)),
  };
}
