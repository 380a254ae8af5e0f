/** The time to sign, and who signs what, in English. */
export const CHANGE_EN = {
  renewed: (life: string, time: string) =>
    `The device was read again at ${time}: ${life} min to sign began anew then.`,
  late: (life: string, time: string) =>
    `The time had run out. The device was read again at ${time}: ${life} min to sign began anew then. Compare once more.`,
  short: (left: string) => `Only ${left} min left for both of you`,
  shortSays: (time: string) =>
    `Too short? The device gives more when that is over: at ${time}, read it again.`,
  one: (count: string) => `One person (${count})`,
  two: (count: string) => `Two people (${count})`,
  all: (count: string) => `All (${count})`,
  lower: 'one is enough to lower it',
  raise: 'one is enough to raise it',
};
