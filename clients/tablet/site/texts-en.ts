/** What a hospital narrows beside the limits of a device, in English. */
export const SITE_EN = {
  range: (range: string) => `This hospital’s range: ${range}`,
  short: (limits: string, range: string) => `${limits} · this hospital ${range}`,
  outside: (range: string) => `Outside this hospital’s range (${range}): a second clinician signs too.`,
  key: 'outside',
  ruler: 'this hospital',
  check: 'Outside the range',
  why: 'A value lies outside this hospital’s range: that alone asks for two.',
  limits: 'The limits of the device or of this hospital are others now. Discard the draft, and begin again.',
  battery: (name: string, value: string, least: string) =>
    `No changes: the battery is low. ${name}: ${value}, and this hospital asks for ${least} %.`,
  batterySays:
    'Have it charged or replaced, then read the device again. Stop, resume and Emergency still work.',
  oneInside: 'One person, two outside the range',
  needBattery: 'First have the battery charged or replaced.',
  again: 'Read again',
};
