/** What to think of before a change is signed, in English: each is ticked for itself. */
export const CAUTIONS_EN = {
  title: 'Mind this before you sign',
  more: (name: string, from: string, to: string, times: string) =>
    `${name}: ${to} is ${times} times as much as the ${from} on the device.`,
  less: (name: string, from: string, to: string, times: string) =>
    `${name}: ${to} is ${times} times less than the ${from} on the device.`,
  battery: (name: string, value: string) => `The battery of the device is low. ${name}: ${value}.`,
  batterySays:
    'It is read as always. Have it replaced or charged, and look at it before you change the therapy.',
  stop: 'The therapy of this device stops, and stays stopped until somebody resumes it.',
  pacing: 'This device is a pacemaker: a patient who depends on it may have no heartbeat.',
  resume: 'The device treats the patient again, by the settings that stand here.',
  safe: 'The device keeps the values of its safe mode, and takes changes again.',
  tick: 'I have seen this:',
  need: (count: string) => (count === '1' ? 'Tick the caution first.' : `Tick ${count} cautions first.`),
  noCommands: 'Commands are stopped.',
  otherLimits: 'The limits have changed.',
  stopped:
    'The gateway takes no commands now: its log, its witnesses or its disk are not in order. Reading and Emergency go on. Call the operator.',
};
