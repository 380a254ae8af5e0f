import type { AccessToken } from '../../server/authenticate/access-token.ts';
import type { Tablet } from '../../server/authenticate/tablets.ts';
import type { Credentials } from '../../server/authenticate/tokens.ts';
import { base64url, type Bytes, hex, unhex, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encodeStatement, type SignedStatement } from '../../server/protocol/statement.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { BedState, Live } from '../../server/protocol/telemetry/live.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import { memoryAudit } from './audit-desk.ts';
import type {
  CommandView,
  Desk,
  DeviceView,
  Health,
  LockView,
  OpenSession,
  Session,
  SignIn,
  SignOutcome,
} from '../../server/edge/desks/desk.ts';
import type { MonitorDesk } from '../../server/edge/desks/monitor-desk.ts';
import type { PatientDesk, PatientRow } from '../../server/edge/desks/patient-desk.ts';
import type { InboxDesk, OwnDraftView, WaitingDraft } from '../../server/edge/desks/inbox-desk.ts';
import type { CommandProgress } from '../../server/protocol/command-progress.ts';
import type { ProgressDesk } from '../../server/edge/desks/progress-desk.ts';
import type { ToldPeople } from '../../server/edge/desks/told.ts';
import type { OpenReview, ReviewDesk } from '../../server/edge/desks/review-desk.ts';
import type { RefusalDesk, SeenRefusal } from '../../server/edge/desks/refusal-desk.ts';
import type { HistoryDesk, HistoryEntry } from '../../server/edge/desks/history-desk.ts';
import type { BuildDesk } from '../../server/edge/desks/build-desk.ts';
import type { GlassDesk, GlassView } from '../../server/edge/desks/glass-desk.ts';
import type { Bound, ReaderDesk } from '../../server/edge/desks/reader-desk.ts';
import type { Tap } from '../../server/protocol/link/tap-phase.ts';
import { testBytes } from '../support/keys.ts';

export const DEVICE_ID = '0102030405060708';
export const COMMAND_HASH = hex(testBytes('command'));
export const STATEMENT: SignedStatement = {
  statement: encodeStatement({
    purpose: 'lock',
    time: 1_790_000_000,
    nonce: testBytes('nonce', 16),
    detail: new Map(),
  }),
  approval: {
    kid: testBytes('kid', 16),
    authenticatorData: new Uint8Array(37),
    clientDataJSON: utf8('x'.repeat(120)),
    signature: new Uint8Array(64),
  },
};

/** A statement as JSON carries it. */
export const wire = ({ statement, approval }: SignedStatement = STATEMENT) => ({
  statement: base64url(statement),
  approval: {
    kid: base64url(approval.kid),
    authenticatorData: base64url(approval.authenticatorData),
    clientDataJSON: base64url(approval.clientDataJSON),
    signature: base64url(approval.signature),
  },
});

export const DEVICE: DeviceView = {
  id: DEVICE_ID,
  name: 'Pump 1',
  model: 'SIM-P',
  transport: 'websocket',
  connected: true,
  posture: 'ok',
  reader: undefined,
  unknown: undefined,
  review: undefined,
};
export const PATIENT_ID = '000102030405060708090a0b0c0d0e0f';
const PATIENT: PatientRow = {
  id: PATIENT_ID,
  family: 'Simson',
  given: 'Ines',
  birthDate: '1948-03-04',
  restricted: false,
  sex: 'female',
  mrn: 'SIM-100001',
  ward: 'Ward 3',
  bed: 'Bed 2',
  photo: true,
  lookAlike: false,
  devices: [DEVICE_ID],
};
const HISTORY_ENTRY: HistoryEntry = {
  index: 12,
  time: 1_790_000_000_000,
  type: 'outcome',
  command: COMMAND_HASH,
  answers: 11,
  result: 1,
  code: undefined,
  number: 3,
  tier: undefined,
  detail: undefined,
  people: [{ kid: 'a1'.repeat(16), subject: 'a1', name: 'Dr Alice Example' }],
  entry: new Uint8Array([1, 2]),
  path: [new Uint8Array(32)],
};
export const GLASS_ID = 'ab'.repeat(32);
const TOLD: ToldPeople = {
  people: [{ subject: 'bob', name: undefined, reviews: true, here: false }],
  more: 0,
};
const GLASS: GlassView = {
  id: GLASS_ID,
  patient: PATIENT_ID,
  devices: [DEVICE_ID],
  by: 'alice',
  byName: undefined,
  reason: 'emergency',
  text: '',
  since: 1_790_000_000_000,
  until: 1_790_000_060_000,
  open: false,
  own: false,
  about: undefined,
  deviceNames: ['Pump 1'],
  told: TOLD,
};
const BOUND: Bound = { reader: 'station-1', signal: 'shown', says: 'The reader blinked and beeped.' };
const HEART = { code: 147_842, unit: '/min', scale: 0, period: 0, low: 0, high: 300, name: 'Heart rate' };
/** A bed with one number. */
export const BED: BedState = {
  device: unhex(DEVICE_ID),
  now: 1_790_000_001_000,
  simulated: true,
  contact: 'live',
  signed: true,
  received: 1_790_000_000_500,
  pausedUntil: 0,
  described: { kind: 'describe', simulated: true, metrics: [{ handle: 1, ...HEART }] },
  latest: [{ handle: 1, value: 61, quality: 0, at: 1_790_000_000_000 }],
  alarms: { kind: 'alarms', pausedUntil: 0, alarms: [] },
  raised: [],
};
const COMMAND: CommandView = {
  hash: COMMAND_HASH,
  device: DEVICE_ID,
  state: 'applied',
  tier: 1,
  people: ['alice'],
  updated: 1_790_000_000_000,
  code: undefined,
};
export const DRAFT_ID = 'e0beD_pt21Cedmq2Oix74A';
const DRAFT: WaitingDraft = {
  id: DRAFT_ID,
  device: DEVICE_ID,
  deviceName: 'Pump 1',
  patient: { id: PATIENT_ID, family: 'Simson', given: 'Ines', ward: 'Ward 3', bed: '3-1' },
  operation: 1,
  tier: 2,
  settings: [7],
  by: 'alice',
  byName: 'Dr Alice Example',
  reason: 'titration',
  order: 'ORD-1',
  note: undefined,
  matched: false,
  primed: true,
  shown: false,
  since: 1_790_000_000_000,
  expires: 1_790_000_900_000,
  attemptsLeft: 2,
};
const REVIEW: OpenReview = {
  device: DEVICE_ID,
  deviceName: 'Pump 1',
  patient: DRAFT.patient,
  command: COMMAND_HASH,
  by: 'alice',
  byName: 'Dr Alice Example',
  own: false,
  since: 1_790_000_000_000,
  due: 1_790_086_400_000,
  reason: { reason: 'danger', text: '', time: 1_790_000_100_000 },
  told: TOLD,
};
const OWN_DRAFT: OwnDraftView = {
  id: DRAFT_ID,
  device: DEVICE_ID,
  command: COMMAND_HASH,
  state: 'declined',
  second: 'bob',
  secondName: 'Dr Bob Example',
  check: undefined,
  why: 'the potassium came back low',
  expires: 1_790_000_900_000,
  attemptsLeft: 2,
};
const TABLET: Tablet = { name: 'tablet-2', jkt: 'A'.repeat(43) };
const LOCK: LockView = {
  id: 'lock-1',
  kind: 'device',
  subject: DEVICE_ID,
  reason: 'recall',
  since: 1_790_000_000_000,
  until: undefined,
};

/** Takes a token by its name alone; what tokens and proofs have to be is tried where they are verified. */
export class MemorySignIn implements SignIn {
  readonly sessions = new Map<string, Session>();
  readonly tickets = new Map<string, Session>();
  /** Proofs, each after its method and path. */
  readonly proofs: string[] = [];
  readonly #asked: string[];
  readonly #tellers = new Set<(tablet: string) => void>();
  #next = 0;

  constructor(asked: string[]) {
    this.#asked = asked;
  }

  newSession(changes: Partial<Session> = {}): string {
    const id = `session-${this.#next++}`;
    const token = `token-of-${id}`;
    this.sessions.set(token, {
      id,
      subject: 'alice',
      roles: 1,
      tablet: 'tablet-1',
      scope: new Set(['read', 'command']),
      devices: undefined,
      expires: 1_790_000_000_000,
      ...changes,
    });
    return token;
  }

  passkeys(): readonly Bytes[] {
    return [testBytes('credential')];
  }
  nonce(): string {
    return 'nonce-1';
  }

  admit({ token, proof, method, path }: Credentials): Promise<AccessToken> {
    this.proofs.push(`${method} ${path} ${proof}`);
    return Promise.resolve(this.read(token));
  }

  /** What a token says: its tablet's key has the token's own name. */
  read(token: string): AccessToken {
    if (!token.startsWith('token-of-')) throw new Refusal('E_TOKEN_MALFORMED', 'not a token');
    const times = { authTime: 0, issued: 0, expires: 1_790_000_000_000 };
    const scope = new Set(['read']);
    const devices = undefined;
    return {
      subject: 'alice',
      client: 'tablet',
      roles: 1,
      scope,
      devices,
      jkt: token,
      acr: 'phrh',
      ...times,
    };
  }

  challenge(): Bytes {
    return testBytes('nonce', 16);
  }

  open({ jkt }: AccessToken, signed: SignedStatement): Promise<Session> {
    this.#asked.push(`open ${hex(signed.approval.kid)} ${jkt}`);
    const session = this.session(this.read(this.newSession()));
    this.sessions.set(jkt, session);
    return Promise.resolve(session);
  }

  session({ jkt }: AccessToken): Session {
    const session = this.sessions.get(jkt);
    if (!session) throw new Refusal('E_SESSION', 'no such session');
    return session;
  }

  live(session: Session): Session {
    if (![...this.sessions.values()].includes(session)) throw new Refusal('E_TOKEN_EXPIRED', 'over');
    return session;
  }

  close({ id }: Session): void {
    for (const [token, session] of this.sessions) if (session.id === id) this.sessions.delete(token);
  }

  allOf({ id }: Session): readonly OpenSession[] {
    const all = [...this.sessions.values()];
    return all.map((one) => ({ tablet: one.tablet, since: 1_790_000_000_000, here: one.id === id }));
  }

  endAll(session: Session): Promise<readonly OpenSession[]> {
    const all = this.allOf(session);
    this.sessions.clear();
    for (const tell of this.#tellers) tell(session.tablet);
    return Promise.resolve(all);
  }

  onEndOfAll(_session: Session, tell: (tablet: string) => void): () => void {
    this.#tellers.add(tell);
    return () => this.#tellers.delete(tell);
  }

  ticket(session: Session): string {
    const ticket = `ticket-${this.#next++}`;
    this.tickets.set(ticket, session);
    return ticket;
  }

  redeem(ticket: string): Session {
    const session = this.tickets.get(ticket);
    this.tickets.delete(ticket);
    if (!session) throw new Refusal('E_SESSION', 'the ticket is used');
    return session;
  }
}

/** A gateway behind the edge that does nothing but remember what it was asked. */
export class MemoryDesk implements Desk {
  readonly asked: string[] = [];
  readonly signIn = new MemorySignIn(this.asked);
  readonly steps = new Set<(progress: CommandProgress) => void>();
  readonly taps = new Set<(tap: Tap) => void>();
  readonly audit = memoryAudit(this.asked);
  readonly watchers = new Set<(event: string, device: Bytes) => void>();
  nowHealth: Health = {
    ready: true,
    posture: 'ready',
    parts: [],
    evidence: 'ok',
    checkpointAgeSeconds: 0.5,
    logSize: 300,
    unknownOutcomes: 0,
  };
  /** What the next `sign` does; tests replace it. */
  onSign: (progress: (stage: Stage) => void) => Promise<SignOutcome> = () =>
    Promise.resolve({ kind: 'awaiting-second', draft: 'draft-1' });
  onOpen: () => Promise<Bytes> = () => Promise.resolve(utf8('attestation'));
  onDevices: () => readonly DeviceView[] = () => [DEVICE];

  /** A live session; gives its token. */
  newSession(changes: Partial<Session> = {}): string {
    return this.signIn.newSession(changes);
  }

  close(token: string): void {
    this.signIn.sessions.delete(token);
  }

  /** A ticket for the session of a token. */
  ticketOf(token: string): string {
    return this.signIn.ticket(this.signIn.session(this.signIn.read(token)));
  }

  /** Tells what a screen asked for. */
  live: ((live: Live) => void) | undefined;
  readonly monitoring: MonitorDesk = {
    watch: (_session, { devices, waves }, tell) => {
      if (devices.some((device) => hex(device) !== DEVICE_ID)) throw new Refusal('E_SCOPE', 'not yours');
      this.asked.push(`monitor ${devices.length} ${waves}`);
      this.live = tell;
      return () => {
        this.live = undefined;
      };
    },
    beds: () => [BED],
    ward: () => Promise.resolve([{ device: DEVICE_ID, name: 'monitor-1', model: 'SIM-PM1' }]),
    alarms: (_session, device) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      const about = { priority: 'high', kind: 'physiological', owner: 'device', says: 'SpO2 low' };
      return [{ number: 1, at: 1_790_000_000_000, change: 'raised', ...about }];
    },
    signs: (_session, device) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      return [{ at: 1_790_000_000_000, kind: 'clock', reason: 'its clock was set by 60 s' }];
    },
    csv: (_session, device) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      return 'time\r\n';
    },
    waves: (_session, device, code) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      const parts = [{ at: 1_790_000_000_000, quality: 'valid', samples: [1, 2] }];
      return { code, unit: 'mV', scale: 2, period: 4_000, parts };
    },
    fhir: (_session, device) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      return { resourceType: 'Bundle' };
    },
    trend: (_session, { device, code }) => {
      if (device !== DEVICE_ID) throw new Refusal('E_SCOPE', 'not yours');
      const points = [{ at: 1_790_000_000_000, low: 60, high: 62, mean: 61, count: 60 }];
      return { code, unit: '/min', step: 60_000, points, gaps: [] };
    },
  };

  readonly patients: PatientDesk = {
    search: (_session, query) => {
      this.asked.push(`search ${Object.keys(query).toSorted().join(' ')}`);
      return Promise.resolve({ patients: [PATIENT], more: false });
    },
    patient: (_session, id) => {
      if (id !== PATIENT_ID) throw new Refusal('E_SCOPE', `nobody cares for ${id}`);
      const met = { salt: new Uint8Array(16), tag: new Uint8Array(32), agrees: false };
      return Promise.resolve({ ...PATIENT, assigned: [{ ...DEVICE, ...met }] });
    },
    photo: (_session, id) => {
      if (id !== PATIENT_ID) throw new Refusal('E_SCOPE', `nobody cares for ${id}`);
      return Promise.resolve({ type: 'image/png', body: Uint8Array.of(0x89) });
    },
  };

  readonly inbox: InboxDesk = {
    waiting: () => [DRAFT],
    own: () => [OWN_DRAFT],
    show: (_session, draft) => {
      if (draft !== DRAFT_ID) throw new Refusal('E_DRAFT', 'no such draft');
      return Promise.resolve(Uint8Array.of(0xa0));
    },
    decline: (_session, draft, reason) => {
      if (draft !== DRAFT_ID) throw new Refusal('E_DRAFT', 'no such draft');
      this.asked.push(`decline ${reason.length}`);
      return Promise.resolve();
    },
  };

  readonly refusals: RefusalDesk = {
    note: ({ code, place }) => void this.asked.push(`refused ${code} at ${place}`),
    list: (_session, after) =>
      [
        {
          number: 1,
          at: 5,
          place: 'stream',
          code: 'E_ROUTE',
          why: 'no such call',
          size: 2,
          message: utf8('hi'),
        },
        {
          number: 2,
          at: 6,
          place: 'ward 3',
          code: 'E_CHANNEL',
          why: 'in between',
          size: 9,
          message: undefined,
        },
      ].filter(({ number }) => number > after) as readonly SeenRefusal[],
  };
  readonly builds: BuildDesk = {
    allowed: () => ({ builds: [{ build: 'cd'.repeat(32), name: 'tablet' }], programs: true }),
    seen: (_session, build) => void this.asked.push(`build ${hex(build).slice(0, 4)}`),
    maySign: (_session, build) => {
      if (build && build[0] !== 0xcd) throw new Refusal('E_BUILD', 'another version');
    },
  };

  readonly glass: GlassDesk = {
    list: () => [GLASS],
    open: (_session, signed) => {
      this.asked.push(`break-glass ${hex(signed.approval.kid)}`);
      return Promise.resolve(GLASS);
    },
    close: (_session, id) => {
      if (id !== GLASS_ID) throw new Refusal('E_SCOPE', 'no such opening');
      return Promise.resolve();
    },
    review: () => Promise.resolve(),
  };

  readonly reviews: ReviewDesk = {
    open: () => [REVIEW],
    close: () => {
      this.asked.push('review');
      return Promise.resolve();
    },
    explain: () => {
      this.asked.push('reason');
      return Promise.resolve();
    },
  };

  readonly progress: ProgressDesk = {
    watch: (_session, tell) => {
      this.steps.add(tell);
      return () => this.steps.delete(tell);
    },
  };

  readonly history: HistoryDesk = {
    of: (_session, id, asked) => {
      if (id !== DEVICE_ID) throw new Refusal('E_SCOPE', `nobody cares for ${id}`);
      this.asked.push(`history ${asked.before ?? 'newest'} ${asked.limit}`);
      return { entries: [HISTORY_ENTRY], more: false, checkpoint: 'origin\n1\n' };
    },
  };

  readonly readers: ReaderDesk = {
    readers: () => [
      {
        label: 'station-1',
        linked: true,
        lastSeen: 1,
        trouble: undefined,
        busy: undefined,
        ward: undefined,
        wrongWard: undefined,
      },
    ],
    bind: (_session, reader) => Promise.resolve({ ...BOUND, reader }),
    show: () => Promise.resolve(BOUND),
    release: () => void this.asked.push('release'),
    bindPatient: (_session, patient) => void this.asked.push(`patient ${patient}`),
    releasePatient: () => void this.asked.push('no patient'),
    watch: (_session, tell) => {
      this.taps.add(tell);
      return () => this.taps.delete(tell);
    },
  };

  devices(_session: Session): readonly DeviceView[] {
    return this.onDevices();
  }

  device(_session: Session, id: string) {
    if (id !== DEVICE_ID) throw new Refusal('E_SCOPE', `nobody cares for ${id}`);
    const site = { siteLimits: [{ code: 7, low: 50, high: 80 }], stopBelowPercent: 10 };
    const own = {
      profile: utf8('profile'),
      identity: utf8('identity'),
      listing: undefined,
      anchors: utf8('anchors'),
    };
    return { ...DEVICE, ...site, ...own };
  }

  commands(_session: Session, filter: { readonly device?: string; readonly limit: number }) {
    this.asked.push(`commands ${filter.device ?? '*'} ${filter.limit}`);
    return [COMMAND];
  }

  command(_session: Session, hash: string): CommandView {
    if (hash !== COMMAND_HASH) throw new Refusal('E_SCOPE', 'no such command');
    return COMMAND;
  }

  evidence(session: Session, hash: string): Promise<Bytes> {
    this.command(session, hash);
    return Promise.resolve(Uint8Array.of(0x80));
  }

  open(_session: Session, device: Bytes): Promise<Bytes> {
    this.asked.push(`open ${hex(device)}`);
    return this.onOpen();
  }

  sign(_session: Session, wish: { context: { reason: string } }, progress: (stage: Stage) => void) {
    this.asked.push(`sign ${Object.keys(wish).toSorted().join(' ')} ${wish.context.reason}`);
    return this.onSign(progress);
  }

  enter(_session: Session, draft: string, command: Bytes) {
    if (command.length > 0) return Promise.resolve({ kind: 'matched' } as const);
    return Promise.resolve({ kind: 'differs', settings: [7], left: draft.length > 0 ? 1 : 0 } as const);
  }

  approve(_session: Session, _draft: string, _approval: unknown, progress: (stage: Stage) => void) {
    return this.onSign(progress);
  }

  cancel(_session: Session, command: Bytes): Promise<void> {
    this.asked.push(`cancel ${hex(command)}`);
    return Promise.resolve();
  }

  resolve(_session: Session, _device: Bytes): Promise<SignOutcome> {
    return Promise.resolve({ kind: 'unknown', command: testBytes('command') });
  }

  locks(_session: Session): readonly LockView[] {
    return [LOCK];
  }

  lock(_session: Session, signed: SignedStatement): Promise<LockView> {
    this.asked.push(`lock ${hex(signed.statement).length}`);
    return Promise.resolve({ ...LOCK, id: `lock-${this.asked.length}` });
  }

  unlock(_session: Session, _signed: SignedStatement): Promise<void> {
    this.asked.push('unlock');
    return Promise.resolve();
  }

  tablets(_session: Session): readonly Tablet[] {
    return [TABLET];
  }

  enrolTablet(_session: Session, signed: SignedStatement): Promise<Tablet> {
    this.asked.push(`enrol ${hex(signed.approval.kid)}`);
    return Promise.resolve(TABLET);
  }

  removeTablet(_session: Session, signed: SignedStatement): Promise<Tablet> {
    this.asked.push(`remove ${hex(signed.approval.kid)}`);
    return Promise.resolve(TABLET);
  }

  watch(_session: Session, tell: (event: string, device: Bytes) => void): () => void {
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  }

  health(): Health {
    return this.nowHealth;
  }

  logFile(path: string, session: Session | undefined) {
    this.asked.push(`log ${path} ${session?.subject ?? 'public'}`);
    const missing = path.includes('999');
    return Promise.resolve({
      status: missing ? 404 : 200,
      type: 'text/html',
      body: path === 'checkpoint' ? 'countersign.test/log\n300\n' : new Uint8Array(32),
    });
  }
}
