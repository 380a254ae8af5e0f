/** The time to sign, and who signs what, in English. */
export const CHANGE_EN = {
  renewed: (life: string, time: string) =>
    `The device was read again at ${time}: ${life} min to sign began anew then.`,
  late: (life: string, time: string) =>
    `The time had run out. The device was read again at ${time}: ${life} min to sign began anew then. Compare once more.`,
};
