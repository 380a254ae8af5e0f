/** A second person who is shown the values instead of entering them, where the hospital allows it. */
export const PRIMED_EN = {
  primed: {
    offer: 'Review only',
    title: 'See the other person’s values?',
    worse: 'Independent entry finds more mistakes',
    lead: (by: string) =>
      `Review only: you would see the values of ${by} instead of entering your own. Whoever is shown a value tends to find it right.`,
    logged:
      'The log and your signature say that you were shown them, and you cannot enter them yourself after that.',
    show: 'Show me the values',
    rather: 'I’d rather enter them myself',
    shown: (by: string) => `Check the values of ${by}`,
    only: 'Review only: you see the other person’s values. Independent entry finds more mistakes.',
    compare: 'Compare each value with the order and the chart, and tick it. If one is not right, decline.',
    change: (before: string, after: string) => `${before} → ${after}`,
    tick: (name: string) => `I compared it: ${name}`,
    missing: (names: string) => `Not ticked yet: ${names}. Compare each value, and tick it.`,
  },
};
