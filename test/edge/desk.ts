import { base64url, type Bytes, hex, utf8 } from '../../server/protocol/bytes.ts';
import { encodeStatement, type SignedStatement } from '../../server/protocol/statement.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import type { Stage } from '../../server/protocol/stream.ts';
import type {
  CommandView,
  Desk,
  DeviceView,
  DraftView,
  Health,
  LockView,
  Session,
  SignOutcome,
} from '../../server/edge/desk.ts';
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
  unknown: undefined,
  review: undefined,
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
const DRAFT: DraftView = {
  id: 'draft-1',
  device: DEVICE_ID,
  by: 'alice',
  reason: 'titration',
  since: 1_790_000_000_000,
  expires: 1_790_000_900_000,
  attemptsLeft: 2,
};
const LOCK: LockView = {
  id: 'lock-1',
  kind: 'device',
  subject: DEVICE_ID,
  reason: 'recall',
  since: 1_790_000_000_000,
  until: undefined,
};

/** A gateway behind the edge that does nothing but remember what it was asked. */
export class MemoryDesk implements Desk {
  readonly asked: string[] = [];
  readonly sessions = new Map<string, Session>();
  readonly tickets = new Map<string, Session>();
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
  #next = 0;

  /** A live session; gives its token. */
  signIn(changes: Partial<Session> = {}): string {
    const id = `session-${this.#next++}`;
    const token = `token-of-${id}`;
    this.sessions.set(token, {
      id,
      subject: 'alice',
      roles: 1,
      tablet: 'tablet-1',
      expires: 1_790_000_000_000,
      ...changes,
    });
    return token;
  }

  check(session: Session): void {
    if (![...this.sessions.values()].includes(session)) throw new Refusal('E_TOKEN_EXPIRED', 'over');
  }

  challenge(): Bytes {
    return testBytes('nonce', 16);
  }

  openSession(signed: SignedStatement, tablet: string) {
    this.asked.push(`openSession ${hex(signed.approval.kid)} ${tablet}`);
    const token = this.signIn({ tablet });
    return Promise.resolve({ token, session: this.session(token) });
  }

  session(token: string): Session {
    const session = this.sessions.get(token);
    if (!session) throw new Refusal('E_SESSION', 'no such session');
    return session;
  }

  closeSession(token: string): void {
    this.sessions.delete(token);
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

  devices(_session: Session): readonly DeviceView[] {
    return this.onDevices();
  }

  device(_session: Session, id: string) {
    if (id !== DEVICE_ID) throw new Refusal('E_SCOPE', `nobody cares for ${id}`);
    return { ...DEVICE, profile: utf8('profile'), identity: utf8('identity'), anchors: utf8('anchors') };
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

  drafts(_session: Session): readonly DraftView[] {
    return [DRAFT];
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

  review(_session: Session, _signed: SignedStatement): Promise<void> {
    this.asked.push('review');
    return Promise.resolve();
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
