/** Why somebody used the emergency door or opened a patient of others, and the review of that, in English. */
export const LOOKING_EN = {
  why: {
    said: (who: string, why: string) => `Reason given by ${who}: ${why}`,
    notYet: (who: string) => `${who} has not said yet why they used it.`,
    reasons: {
      danger: 'The patient was in danger',
      device: 'The device could not be trusted',
      'no-other-way': 'Every other way was closed',
      mistake: 'It was used by mistake',
      drill: 'It was a test or a drill',
      other: 'Something else',
    },
    news: 'The emergency safe mode was used on a device of your patients.',
    newsSays: 'It waits for a review, in your list.',
  },
  glass: {
    news: 'Somebody opened a patient of others by break-glass.',
    newsSays: 'It stands in your list, and is reviewed once it is over.',
    list: 'Break-glass that waits for a review',
    only: 'A break-glass waits for a review',
    title: (by: string) => `Break-glass by ${by}`,
    somebody: 'A patient who is not in your care',
    with: (devices: string) => `A patient who is not in your care, with ${devices}`,
    reasons: {
      emergency: 'emergency',
      'team-absent': 'the patient’s team could not be reached',
      consult: 'asked for advice',
      handover: 'the patient was handed over',
      other: 'another reason',
    },
    over: (since: string, until: string) => `Opened ${since}, over ${until}.`,
    stillOpen: (since: string, until: string) => `Opened ${since}, still open until ${until} at the latest.`,
    allowed:
      'It allowed reading this patient, and small changes that one person may sign. The history of the device has them.',
    notOver: 'It is still open. It is reviewed once it is over.',
    lead: 'Ask whoever opened it, and the patient’s team. Then sign what you found.',
    why: 'Was it right to open it?',
    need: 'Choose whether it was right.',
    found: {
      needed: 'Yes: it was needed',
      unneeded: 'No: it was not needed',
      other: 'Something else',
    },
    closedSays: (by: string) =>
      `The gateway has closed the review of the break-glass by ${by}, and has it in the log.`,
  },
};
