import type { RefusalCode } from '../../../server/protocol/refusal.ts';

/** Where PROTOCOL.md says what a device checks, and what usually makes that check fail. */
interface Rule {
  readonly section: string;
  readonly causes: readonly string[];
}

const RULES: Partial<Record<RefusalCode, Rule>> = {
  E_CMD_MALFORMED: {
    section: '2.1',
    causes: [
      'an encoder that is not deterministic (map order, long integers)',
      'a field too many or too few',
    ],
  },
  E_CMD_SCHEMA: {
    section: '4, checks 5 and 6',
    causes: ['a setting the profile does not have, or only reads'],
  },
  E_CMD_LIMIT: {
    section: '4, check 6',
    causes: ['a value off its step: (value - min) is no multiple of step', 'a joint rule'],
  },
  E_CMD_RATE_OF_CHANGE: {
    section: '4, check 6',
    causes: ['maxChange, the window or the drift of the profile'],
  },
  E_CMD_HASH: { section: '4, checks 5 and 9', causes: ['the command was encoded again after it was signed'] },
  E_VERSION: { section: '9', causes: ['another version in the first member'] },
  E_ROUTE: { section: '4, check 5; 6', causes: ['an operation that the profile does not list'] },
  E_NONCE: {
    section: '4, checks 3, 8 and 9',
    causes: ['the command was signed before the device was opened again after a command', 'its time is over'],
  },
  E_COUNTER: { section: '4, check 4', causes: ['the counter counts accepted commands: the last one plus 1'] },
  E_PATIENT: { section: '4, check 4', causes: ['another salt or tag than the device attested'] },
  E_PROFILE: {
    section: '4, check 4',
    causes: ['the profile was changed, and the device still holds the old one'],
  },
  E_APPROVAL_STALE: {
    section: '4, check 4',
    causes: ['field 6 has to be over programmable settings only, sorted'],
  },
  E_GRANT: {
    section: '4, check 9; 2.2',
    causes: ['a high s', 'another external_aad', 'a key the anchors do not name'],
  },
  E_GRANT_DEVICE: { section: '4, checks 4 and 9', causes: ['another EUI-64'] },
  E_GRANT_EXPIRED: { section: '4, check 9', causes: ['the device was slow to be reached; its ticks run on'] },
  E_LOG_PROOF: {
    section: '4, check 10; 7',
    causes: ['a proof under an older checkpoint', 'no witness has seen it'],
  },
  E_STATUS: { section: '4, check 11', causes: ['an older list than the device holds'] },
  E_ASSERTION: { section: '2.3', causes: ['clientDataJSON is compared byte by byte', 'flags UP and UV'] },
  E_ASSERTION_CRED: {
    section: '4, check 12',
    causes: ['expired, revoked, too young for two, or not in the log'],
  },
  E_ROLE: { section: '4, check 12', causes: ['the first is a clinician, the second a second person'] },
  E_DUAL_REQUIRED: { section: '4, check 8; 3.2', causes: ['the device computes the tier, and it is 2'] },
  E_DUAL_SAME_PERSON: { section: '4, check 14', causes: ['subject, passkey and page all have to differ'] },
  E_INTENT_REQUIRED: { section: '4, check 15', causes: ['nobody pressed the key at the device'] },
  E_RATE: { section: '4, unauthenticated work', causes: ['too many messages that proved nothing; wait'] },
  E_BREAKGLASS_SCOPE: { section: '4, emergency; 6', causes: ['the emergency is in contact only'] },
  E_TELEMETRY: {
    section: '3.10; 6',
    causes: [
      'a number skipped without a word, or another frame under a number already used',
      'previous is SHA-256 over the whole frame before, as it was sent',
      'a session that was begun before, and is over; a handle that was never described',
    ],
  },
  E_CLOCK: { section: '6', causes: ['seconds in place of milliseconds', 'a clock that is ahead'] },
  E_DEVICE_IDENTITY: {
    section: '3.7; 2.2',
    causes: ['another key than was enrolled', 'another external_aad', 'a high s'],
  },
  E_CHANNEL: {
    section: '6',
    causes: ['field 16 is zero on a WebSocket, and the exported channel on a reader'],
  },
  E_NOT_ENROLLED: { section: '3.4; 6', causes: ['a certificate, or an id, that no operator signed for'] },
  E_TLS_PEER: { section: '6', causes: ['a certificate of another authority, or for another door'] },
  E_SCOPE: { section: '5', causes: ['a device that is not there, or not this person’s'] },
  E_SESSION: { section: '5', causes: ['no session yet, or one that ended'] },
  E_ANCHORS: { section: '3.1', causes: ['not the next version, or not signed by both keys'] },
};

/** The rule behind a refusal; a code without a row is looked up in section 8. */
export function ruleOf(code: RefusalCode, field = ''): Rule {
  if (code === 'E_CMD_SCHEMA' && field.startsWith('metric.unit'))
    return { section: '3.10', causes: ['a code that has a unit is sent in that unit, spelled as UCUM does'] };
  return RULES[code] ?? { section: '8', causes: [] };
}
