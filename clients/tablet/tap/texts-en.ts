/** What a reader or a device at it may be beside what was expected, in English. */
export const TAP_EN = {
  standsOn: (ward: string) => `Stands on ${ward}`,
  otherWard: 'Another ward',
  wrongWard: (ward: string) => `It stands on ${ward}. Use a reader beside the patient.`,
  other: 'On the reader lies the device of another patient',
  otherSays:
    'This patient’s device is reached over the network, and not through the reader. Take the other one away all the same.',
  two: 'Two devices or cards lie at the reader. Take away all but the device of this patient. Nothing was sent.',
};
