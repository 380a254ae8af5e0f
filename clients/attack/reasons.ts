/**
 * Attacks that are not played here, each with the reason. An attack that is neither here nor played fails a test: none
 * is left out in silence.
 */
export const NOT_PLAYED: Readonly<Record<string, string>> = {
  'IMD-08': 'no part of the protocol takes a physiological secret: there is nothing to capture',
  'IMD-14': 'no checksum is a key anywhere; frames with everything made anew but the signature are FLOW-04',
  'IMD-16': 'there is no convenience feature to switch on yet',
  'IMD-18':
    'measurements travel inside mutual TLS only; captures of the wire and the air are searched for names after every attack (I5)',
  'IMD-22': 'the pump without authentication is IMD-15, on the pump profile',
  'IMD-25':
    'a captured enrolment and later sessions: test/edhoc holds the forward secrecy of the tap, test/authority the enrolment',
  'IMD-29':
    'recovery of a tablet is an operator’s signed word (test/ceremony/tablets.test.ts); there is no password to reset',
  'GW-01': 'there is no update door yet; firmware and profile operations are refused with E_ROUTE (BED-02)',
  'GW-04':
    'names and record numbers in the stores of gateway and station are searched for in LOG-11; the patients’ directory is the hospital’s own, as the table of parties says',
  'GW-05': 'no process loads code from a data folder; there is no upload at all',
  'GW-09': 'there is no update door yet (BED-02)',
  'GW-11':
    'a fresh installation has no account at all: each comes by an operator’s one-time link (test/issuer/issuer.test.ts)',
  'BED-06': 'there are two links, WebSocket and NFC; the same judge stands behind both (test/device)',
  'BED-07': 'there is no adapter for foreign devices yet',
  'BED-09': 'there is no update door yet (BED-02)',
  'BED-10':
    'enrolment over EST asks an operator for each certificate (test/authority/est.test.ts); it has no open window',
  'BED-13': 'there is no update door yet (BED-02)',
  'BED-20':
    'a simulated device is one process; its therapy is a part that the communication cannot reach into, not a process of its own',
  'BED-22': 'keys are made at first start; no private key is in the repository (test/house/papers.test.ts)',
  'BED-23': 'nonces of the tap and every wrong bit of a sealed message: test/edhoc',
  'BED-24': 'there is no update door yet (BED-02)',
  'WEB-15':
    'no id that a client brings is taken: session, nonce and ticket are the gateway’s (WEB-01, test/ceremony/sessions.test.ts)',
  'WEB-22':
    'signature counters are ignored on purpose (PROTOCOL.md section 2.3): nonces make each command unique',
  'WEB-30':
    'what is shown comes from the bytes alone: test/protocol/render.test.ts, and in a real browser test/browser',
  'LOG-12':
    'the simulated ward has one witness; quorums of several are held by test/protocol/note.test.ts and test/audit',
  'SUP-01': 'there is no update door yet (BED-02)',
  'SUP-02':
    'there is no update metadata yet; a revocation list that is too old stops commands (test/doctor/health.test.ts)',
  'SUP-03': 'there is no update door yet (BED-02)',
  'SUP-06': 'there is no bill of materials yet',
};
