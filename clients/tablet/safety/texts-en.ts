/** What stays visible after an emergency, in English. */
export const SAFETY_EN = {
  stopped: 'Therapy is stopped',
  safe: 'In its safe mode',
  safeSince: (time: string) => `Safe mode since ${time}`,
  review: 'Review due',
  reviewBy: (time: string) => `Review due by ${time}`,
  reviewOver: (time: string) => `Review was due by ${time}`,
  of: (review: string, who: string) => `${review} (${who})`,
};
