/**
 * Every way this system says no, in one closed table. A device answers with the number, people and programs
 * see the name, `http` is for the edge. What each says to the person in front of the screen stands in refusal-says.ts: who
 * verifies needs the codes alone, and the verifier stands in every bundle. A code that is not here does not exist.
 */
export const REFUSALS = {
  // What was sent does not parse, or does not fit.
  E_CMD_MALFORMED: row(1, 400),
  E_CMD_SCHEMA: row(2, 422),
  E_CMD_LIMIT: row(3, 422),
  E_CMD_RATE_OF_CHANGE: row(4, 422),
  E_CMD_HASH: row(5, 409),
  E_VERSION: row(6, 400),
  E_ROUTE: row(7, 404),
  // Which device, which patient, which state.
  E_NONCE: row(10, 409),
  E_COUNTER: row(11, 409),
  E_PATIENT: row(12, 409),
  E_PROFILE: row(13, 409),
  E_APPROVAL_STALE: row(14, 409),
  E_DEVICE_IDENTITY: row(15, 403),
  E_NOT_ENROLLED: row(16, 403),
  E_SAFE_STATE: row(17, 409),
  E_STORAGE: row(18, 503),
  E_ANCHORS: row(19, 403),
  E_TELEMETRY: row(58, 409),
  // Grant and log.
  E_GRANT: row(20, 403),
  E_GRANT_DEVICE: row(21, 403),
  E_GRANT_EXPIRED: row(22, 409),
  E_GRANT_USED: row(23, 409),
  E_LOG_PROOF: row(24, 403),
  E_LOG_INCONSISTENT: row(25, 503),
  E_AUDIT_UNAVAILABLE: row(26, 503),
  E_STATUS: row(27, 403),
  // People.
  E_ASSERTION: row(30, 403),
  E_ASSERTION_CRED: row(31, 403),
  E_ROLE: row(32, 403),
  E_DUAL_REQUIRED: row(33, 403),
  E_DUAL_SAME_PERSON: row(34, 403),
  E_SECOND_ENTRY: row(35, 409),
  E_INTENT_REQUIRED: row(36, 403),
  E_SCOPE: row(37, 404),
  E_POLICY: row(38, 403),
  E_LOCKED: row(39, 423),
  E_BREAKGLASS_SCOPE: row(40, 403),
  E_RATE: row(41, 429),
  E_COOL_DOWN: row(42, 429),
  E_BUSY: row(43, 409),
  E_UNKNOWN_OUTCOME: row(44, 409),
  E_CANCELLED: row(45, 409),
  E_DRAFT: row(46, 404),
  E_PROXIMITY: row(47, 409),
  E_LINK: row(48, 503),
  E_CLOCK: row(49, 503),
  E_EVIDENCE: row(50, 503),
  E_REVIEW: row(52, 423),
  E_READER: row(53, 409),
  E_READER_BUSY: row(54, 409),
  E_READER_AWAY: row(55, 503),
  E_READER_WARD: row(57, 409),
  E_READER_TWO: row(59, 409),
  E_FIRMWARE: row(28, 409),
  E_BATTERY: row(29, 409),
  E_BUILD: row(56, 403),
  // Sessions and connections.
  E_CHANNEL: row(51, 403),
  E_ORIGIN: row(60, 403),
  E_SESSION: row(61, 401),
  E_TLS_PEER: row(62, 403),
  E_TOKEN_ALG: row(63, 401),
  E_TOKEN_AUD: row(64, 401),
  E_TOKEN_EXPIRED: row(65, 401),
  E_TOKEN_KEY: row(66, 401),
  E_TOKEN_MALFORMED: row(67, 401),
  E_TOKEN_REVOKED: row(68, 401),
  E_TOKEN_SIG: row(69, 401),
  E_TOKEN_TYP: row(70, 401),
  E_DPOP_BINDING: row(71, 401),
  E_DPOP_MISSING: row(72, 401),
  E_DPOP_NONCE: row(73, 401),
  E_DPOP_REPLAY: row(74, 401),
  E_IDEMPOTENCY: row(75, 422),
  E_STEP_UP: row(76, 401),
  // Updates.
  E_UPDATE_SIG: row(80, 403),
  E_UPDATE_ROLLBACK: row(81, 403),
  E_UPDATE_EXPIRED: row(82, 403),
} as const satisfies Record<`E_${string}`, RefusalRow>;

export type RefusalCode = keyof typeof REFUSALS;

export interface RefusalRow {
  /** What a device sends instead of the name. Never reused. */
  readonly number: number;
  /** HTTP status when the edge has to answer with it. */
  readonly http: number;
}

function row(number: number, http: number): RefusalRow {
  return { number, http };
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
 * makers and never holds clinical values; the person who asked sees `SAYS[code]`.
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
