/**
 * Attacks that are not played here, each with the reason. An attack that is neither here nor played fails a test: none
 * is left out in silence.
 */
export const NOT_PLAYED: Readonly<Record<string, string>> = {
  'IMD-08': 'no part of the protocol takes a physiological secret: there is nothing to capture',
  'IMD-16':
    'no function exists that is easier to reach than the rest: what is not in the table does not exist (GW-20, IMD-17)',
  'IMD-22': 'the same attack as IMD-15, which is played against a pump',
  'GW-01': 'there is no update door; firmware and profile operations are refused with E_ROUTE (BED-02)',
  'GW-04':
    'the stores of gateway and station are searched in LOG-11; the directory of patients is the hospital’s own file, in the clear, as SECURITY.md says of the gateway',
  'GW-05': 'no process loads code from a data folder; there is no upload at all',
  'GW-09': 'there is no update door (BED-02)',
  'BED-07': 'there is no adapter for foreign devices: a device speaks the protocol itself',
  'BED-09': 'there is no update door (BED-02)',
  'BED-13': 'there is no update door (BED-02)',
  'BED-20':
    'a simulated device is one process; its therapy is a part that the communication cannot reach into, not a process of its own',
  'BED-24': 'there is no update door (BED-02)',
  'WEB-22':
    'signature counters are ignored on purpose (PROTOCOL.md section 2.3): nonces make each command unique',
  'SUP-01': 'there is no update door (BED-02)',
  'SUP-02':
    'there are no updates; the revocation list may be a week old, which no attack waits for: test/doctor/health.test.ts moves the clock',
  'SUP-03': 'there is no update door (BED-02)',
};
