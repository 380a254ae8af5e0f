/**
 * Every way this system says no, in one closed table. A device answers with the number, people and programs
 * see the name; `says` is for the person in front of the screen, `http` for the edge. A code that is not
 * here does not exist.
 */
export const REFUSALS = {
  // What was sent does not parse, or does not fit.
  E_CMD_MALFORMED: row(1, 400, 'The message is not well formed.'),
  E_CMD_SCHEMA: row(2, 422, 'The message has a field or a setting that does not belong there.'),
  E_CMD_LIMIT: row(3, 422, 'A value is outside the limits of this device.'),
  E_CMD_RATE_OF_CHANGE: row(4, 422, 'The change is larger, or more often, than this device allows.'),
  E_CMD_HASH: row(5, 409, 'The command differs from what was signed.'),
  E_VERSION: row(6, 400, 'This protocol version is not spoken here.'),
  E_ROUTE: row(7, 404, 'There is no such operation.'),
  // Which device, which patient, which state.
  E_NONCE: row(10, 409, 'The device is no longer waiting for this command. Read the device and sign again.'),
  E_COUNTER: row(11, 409, 'The command has the wrong place in this device’s sequence.'),
  E_PATIENT: row(12, 409, 'This device belongs to another patient.'),
  E_PROFILE: row(13, 409, 'The command was made for another device profile.'),
  E_APPROVAL_STALE: row(
    14,
    409,
    'The settings changed since they were read. Read the device and sign again.',
  ),
  E_DEVICE_IDENTITY: row(15, 403, 'The device could not prove who it is.'),
  E_NOT_ENROLLED: row(16, 403, 'This device is not enrolled here.'),
  E_SAFE_STATE: row(17, 409, 'The device is in its safe state and takes only what re-arms it.'),
  E_STORAGE: row(18, 503, 'The device could not store the change. Nothing was changed.'),
  E_ANCHORS: row(19, 403, 'The trust anchors are not signed by both keys, or not the next version.'),
  E_TELEMETRY: row(58, 409, 'The measurements do not continue what the device sent before.'),
  // Grant and log.
  E_GRANT: row(20, 403, 'The gateway’s grant is missing or does not verify.'),
  E_GRANT_DEVICE: row(21, 403, 'The command is for another device.'),
  E_GRANT_EXPIRED: row(
    22,
    409,
    'The time to deliver this command has passed. Read the device and sign again.',
  ),
  E_GRANT_USED: row(23, 409, 'This command was already granted once.'),
  E_LOG_PROOF: row(24, 403, 'The command is not proven to be in the log.'),
  E_LOG_INCONSISTENT: row(25, 503, 'The log does not agree with its witnesses. Commands are stopped.'),
  E_AUDIT_UNAVAILABLE: row(26, 503, 'The log cannot be written. Commands are stopped; reading goes on.'),
  E_STATUS: row(27, 403, 'The revocation list is missing, old or does not verify.'),
  // People.
  E_ASSERTION: row(30, 403, 'The signature of the passkey does not verify for this command.'),
  E_ASSERTION_CRED: row(31, 403, 'The passkey is not certified, has expired or was revoked.'),
  E_ROLE: row(32, 403, 'This person’s role does not allow this.'),
  E_DUAL_REQUIRED: row(33, 403, 'A second clinician must sign this change.'),
  E_DUAL_SAME_PERSON: row(34, 403, 'Both signatures come from one person, passkey, page or tablet.'),
  E_SECOND_ENTRY: row(35, 409, 'The second entry differs from the first.'),
  E_INTENT_REQUIRED: row(36, 403, 'The device waits for somebody to confirm at the device itself.'),
  E_SCOPE: row(37, 404, 'Not found, or not yours to see.'),
  E_POLICY: row(38, 403, 'No rule of the hospital’s policy allows this.'),
  E_LOCKED: row(39, 423, 'A lock stops this.'),
  E_BREAKGLASS_SCOPE: row(
    40,
    403,
    'Break-glass opens reading and small changes. This needs the patient’s own team.',
  ),
  E_RATE: row(41, 429, 'Too often. Wait, then try again.'),
  E_COOL_DOWN: row(42, 429, 'This device was changed a moment ago. Wait, then try again.'),
  E_BUSY: row(43, 409, 'Another command for this device is under way.'),
  E_UNKNOWN_OUTCOME: row(44, 409, 'The outcome of the last command is not known yet. Read the device first.'),
  E_CANCELLED: row(45, 409, 'The command was cancelled before it was granted.'),
  E_DRAFT: row(46, 404, 'There is no such draft, or it is no longer open.'),
  E_PROXIMITY: row(47, 409, 'The device answers too slowly to be close by.'),
  E_LINK: row(48, 503, 'The device is not in contact.'),
  E_CLOCK: row(49, 503, 'The clock of the gateway jumped. Commands are stopped.'),
  E_EVIDENCE: row(50, 503, 'Too many outcomes are missing. Commands are stopped; reading goes on.'),
  E_REVIEW: row(52, 423, 'The emergency door was used. Somebody else has to review that first.'),
  E_READER: row(53, 409, 'The device lies on another reader than this tablet’s. Bind the reader beside you.'),
  E_READER_BUSY: row(
    54,
    409,
    'Another tablet is bound to this reader. End its session, or use another reader.',
  ),
  E_READER_AWAY: row(
    55,
    503,
    'The reader is not in contact with the gateway. Check its cable and its station.',
  ),
  E_READER_WARD: row(57, 409, 'This reader stands on another ward than the patient. Use one beside them.'),
  E_READER_TWO: row(59, 409, 'Two devices or cards lie at this reader. Take all but one away.'),
  E_FIRMWARE: row(28, 409, 'The firmware of this device is not supported here. Call the operator.'),
  E_BATTERY: row(29, 409, 'The battery of this device is too low for changes. Charge or replace it first.'),
  E_BUILD: row(56, 403, 'This page is not a version that is allowed here. Reload it on its lock screen.'),
  // Sessions and connections.
  E_CHANNEL: row(51, 403, 'The connection to the device is not protected, or was tampered with. Tap again.'),
  E_ORIGIN: row(60, 403, 'This page may not talk to the gateway.'),
  E_SESSION: row(61, 401, 'Sign in with your passkey first.'),
  E_TLS_PEER: row(62, 403, 'The other side’s certificate is not one that is known here.'),
  E_TOKEN_ALG: row(63, 401, 'The token uses an algorithm that is not accepted.'),
  E_TOKEN_AUD: row(64, 401, 'The token is meant for somebody else.'),
  E_TOKEN_EXPIRED: row(65, 401, 'The session has ended. Sign in again.'),
  E_TOKEN_KEY: row(66, 401, 'The token is signed by a key that is not known.'),
  E_TOKEN_MALFORMED: row(67, 401, 'The token is not well formed.'),
  E_TOKEN_REVOKED: row(68, 401, 'The session was closed. Sign in again.'),
  E_TOKEN_SIG: row(69, 401, 'The signature of the token does not verify.'),
  E_TOKEN_TYP: row(70, 401, 'This kind of token is not accepted here.'),
  E_DPOP_BINDING: row(71, 401, 'The token belongs to another tablet.'),
  E_DPOP_MISSING: row(72, 401, 'The tablet did not prove that the token is its own.'),
  E_DPOP_NONCE: row(73, 401, 'The tablet’s proof needs a fresh nonce.'),
  E_DPOP_REPLAY: row(74, 401, 'The tablet’s proof was used before.'),
  E_IDEMPOTENCY: row(75, 422, 'This Idempotency-Key was used for something else.'),
  E_STEP_UP: row(76, 401, 'Sign in again: what you ask needs a fresh sign-in.'),
  // Updates.
  E_UPDATE_SIG: row(80, 403, 'The update is not signed by the maker.'),
  E_UPDATE_ROLLBACK: row(81, 403, 'The update is older than what is installed.'),
  E_UPDATE_EXPIRED: row(82, 403, 'The update information has expired.'),
} as const satisfies Record<`E_${string}`, RefusalRow>;

export type RefusalCode = keyof typeof REFUSALS;

export interface RefusalRow {
  /** What a device sends instead of the name. Never reused. */
  readonly number: number;
  /** HTTP status when the edge has to answer with it. */
  readonly http: number;
  /** The sentence a person reads. */
  readonly says: string;
}

function row(number: number, http: number, says: string): RefusalRow {
  return { number, http, says };
}

const isCode = (name: string): name is RefusalCode => Object.hasOwn(REFUSALS, name);

const BY_NUMBER = new Map(
  Object.keys(REFUSALS)
    .filter(isCode)
    .map((code) => [REFUSALS[code].number, code]),
);

/** The code of a number from the wire; undefined when there is none. */
export const codeOf = (number: number): RefusalCode | undefined => BY_NUMBER.get(number);

/** The code of a name; undefined when there is none. */
export const codeNamed = (name: string): RefusalCode | undefined => (isCode(name) ? name : undefined);

/**
 * A considered no. `field` names the place in the message that was wrong, `why` is for operators and device
 * makers and never holds clinical values; the person who asked sees `REFUSALS[code].says`.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly why: string;
  readonly field: string | undefined;

  constructor(code: RefusalCode, why: string, field?: string) {
    super(`${code}: ${why}${field === undefined ? '' : ` (${field})`}`);
    this.name = 'Refusal';
    this.code = code;
    this.why = why;
    this.field = field;
  }
}
