import { logEntry, type LogWriter } from '../../audit/log-writer.ts';
import type { Tablet } from '../../authenticate/tablets.ts';
import type { CancelWindows } from '../../authorize/cancel-window.ts';
import { outOfScope } from '../../authorize/care-relation.ts';
import type { Drafts } from '../../authorize/drafts.ts';
import type { Locks } from '../../authorize/locks.ts';
import type { ReconcileParts } from '../../broker/reconcile.ts';
import { type CompleteCommand, type Ending, resume, type Stages } from '../../ceremony.ts';
import type { AuditDesk } from '../../edge/desks/audit-desk.ts';
import type {
  Desk,
  DeviceDetail,
  DeviceView,
  EntryOutcome,
  Health,
  LockView,
  LogFile,
  Session,
  SignOutcome,
  SignWish,
} from '../../edge/desks/desk.ts';
import type { Registry } from '../../fleet/registry.ts';
import type { Approval } from '../../protocol/approval.ts';
import { type Bytes, hex } from '../../protocol/encoding/bytes.ts';
import { parseCommand } from '../../protocol/command.ts';
import type { Crypto } from '../../protocol/crypto.ts';
import { OUTSIDE_SITE } from '../../protocol/log/entry.ts';
import type { SignedStatement } from '../../protocol/statement.ts';
import type { Stage } from '../../protocol/stream.ts';
import type { Deciding } from '../devices/deciding.ts';
import { demandSecond } from './inbox.ts';
import type { Reach } from './reach.ts';
import { asRefusal, refusing } from './failures.ts';
import type { Records } from './records.ts';
import type { Rooms } from './rooms.ts';
import type { SignInDesk } from './sign-in-desk.ts';
import { opened } from '../opening/opened.ts';
import { Watchers } from './watchers.ts';
import { actorOf, completeOf, outside, viewOf } from './views.ts';

export interface FrontDeskParts {
  readonly crypto: Crypto;
  readonly now: () => number;
  readonly signIn: SignInDesk;
  readonly rooms: Rooms;
  readonly audit: AuditDesk;
  readonly registry: Registry;
  readonly reach: Reach;
  readonly drafts: Drafts;
  readonly locks: Locks;
  readonly cancelWindows: CancelWindows;
  readonly stages: Stages;
  readonly deciding: Deciding;
  readonly log: LogWriter;
  readonly reconcile: ReconcileParts;
  readonly records: Records;
  readonly anchors: () => Bytes;
  readonly health: () => Health;
  readonly logFile: Desk['logFile'];
}

/** The gateway as the edge sees it: each call is checked against its session and handed to the stage it belongs to. */
export class FrontDesk implements Desk {
  readonly signIn: SignInDesk;
  readonly patients: Desk['patients'];
  readonly inbox: Desk['inbox'];
  readonly readers: Desk['readers'];
  readonly progress: Desk['progress'];
  readonly history: Desk['history'];
  readonly glass: Desk['glass'];
  readonly builds: Desk['builds'];
  readonly refusals: Desk['refusals'];
  readonly reviews: Desk['reviews'];
  readonly monitoring: Desk['monitoring'];
  readonly audit: Desk['audit'];
  readonly #parts: FrontDeskParts;
  readonly watchers = new Watchers();

  constructor(parts: FrontDeskParts) {
    this.#parts = parts;
    this.signIn = parts.signIn;
    const { patients, inbox, readers, progress, history, glass, monitoring } = parts.rooms;
    [this.patients, this.inbox, this.readers] = [patients, inbox, readers];
    [this.progress, this.history, this.glass] = [progress, history, glass];
    this.monitoring = monitoring.desk;
    [this.builds, this.refusals, this.reviews] = [
      parts.rooms.builds,
      parts.rooms.refusals,
      parts.rooms.reviews,
    ];
    this.audit = parts.audit;
  }

  devices(session: Session): readonly DeviceView[] {
    const mine = this.#parts.registry.all.filter(({ hex: id }) => this.#parts.reach.maySee(session, id));
    return mine.map(({ hex: id }) => viewOf(this.#parts.reach.at(session, id), this.#parts.rooms.signerName));
  }

  device(session: Session, id: string): DeviceDetail {
    const bedside = this.#parts.reach.at(session, id);
    const { profileBytes, identityKey, listing } = this.#parts.registry.byId(id) ?? outside();
    return {
      ...viewOf(bedside, this.#parts.rooms.signerName),
      ...this.#parts.deciding.siteWord(bedside),
      profile: profileBytes,
      identity: identityKey,
      listing,
      anchors: this.#parts.anchors(),
    };
  }

  commands(session: Session, filter: { readonly device?: string; readonly limit: number }) {
    const found = this.#parts.records.commands(filter);
    return found.filter((command) => this.#parts.reach.maySee(session, command.device));
  }

  command(session: Session, hash: string) {
    const found = this.#parts.records.command(hash);
    if (!found || !this.#parts.reach.maySee(session, found.device)) throw outOfScope();
    return found;
  }

  async evidence(session: Session, hash: string): Promise<Bytes> {
    this.command(session, hash);
    return this.#parts.records.evidence(hash);
  }

  async open(session: Session, device: Bytes): Promise<Bytes> {
    return opened(this.#parts.reach.at(session, hex(device)), this.#parts, session);
  }

  /** One signature is enough for a small change; a change of high risk waits for a second person. */
  async sign(session: Session, wish: SignWish, progress: (stage: Stage) => void): Promise<SignOutcome> {
    const signed: CompleteCommand = {
      bytes: wish.command,
      approvals: [wish.approval],
      context: wish.context,
      tablets: [session.tablet],
      signedIn: session.subject,
      roles: session.roles,
      ...(wish.companion && { companion: wish.companion }),
    };
    const place = (): { device: Bytes; alone: boolean } => {
      this.#parts.signIn.maySign(session, wish.command);
      return this.#place(session, wish.command);
    };
    const { device, alone } = await this.#recording(signed, place);
    if (!alone) return this.#recording(signed, () => this.#awaitSecond(session, signed, wish));
    const ending = await this.#parts.rooms.progress.through(signed, this.#parts.stages, progress);
    return this.#finish(ending, device);
  }

  /** Which device, and is one person enough for it? Throws Refusal. */
  #place(session: Session, bytes: Bytes): { readonly device: Bytes; readonly alone: boolean } {
    const command = parseCommand(bytes);
    const bedside = this.#parts.reach.at(session, hex(command.device));
    this.#parts.rooms.readers.demandHere(session.tablet, bedside);
    return { device: command.device, alone: this.#parts.deciding.signers(bedside, command) === 1 };
  }

  /** What `run` does for its steps, for those before it: a refusal is in the log. */
  async #recording<T>(signed: CompleteCommand, work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (refusal) {
      this.#parts.stages.recordRefusal(signed, refusal);
      throw asRefusal(refusal);
    }
  }

  async enter(session: Session, draft: string, command: Bytes): Promise<EntryOutcome> {
    demandSecond(session);
    const { drafts, log, now } = this.#parts;
    const outcome = await refusing(() => drafts.enter(draft, command, actorOf(session), now()));
    await refusing(() => log.appendDurable([logEntry(outcome.entry)]));
    this.announce('draft', parseCommand(command).device);
    if (outcome.kind === 'matched') return { kind: 'matched' };
    return { kind: 'differs', settings: outcome.settings, left: outcome.left };
  }

  async approve(
    session: Session,
    draft: string,
    approval: Approval,
    progress: (stage: Stage) => void,
  ): Promise<SignOutcome> {
    const { drafts, stages, now } = this.#parts;
    const offered = completeOf(drafts.complete(draft, approval, actorOf(session), now()), session);
    // A signature that is no good must not use up the draft of two people.
    await this.#recording(offered, () => {
      this.#parts.signIn.maySign(session, offered.bytes);
      const at = this.#parts.reach.at(session, hex(parseCommand(offered.bytes).device));
      this.#parts.rooms.readers.demandHere(offered.tablets[0] ?? '', at);
      return stages.authenticate(offered);
    });
    const ready = await refusing(() => drafts.take(draft, approval, actorOf(session), now()));
    const taken = completeOf(ready, session);
    const device = parseCommand(taken.bytes).device;
    return this.#finish(await this.#parts.rooms.progress.through(taken, stages, progress), device);
  }

  async cancel(session: Session, command: Bytes): Promise<void> {
    const { drafts, cancelWindows, log, now } = this.#parts;
    const live = this.#parts.signIn.live(session);
    const withdrawn = await refusing(() => drafts.withdraw(command, actorOf(live), now()));
    if (withdrawn) await refusing(() => log.appendDurable([logEntry(withdrawn)]));
    else cancelWindows.cancel(hex(command), hex(live.person.credential.key.kid));
  }

  async resolve(session: Session, device: Bytes): Promise<SignOutcome> {
    const bedside = this.#parts.reach.at(session, hex(device));
    const entry = bedside.unknown;
    if (!entry) return this.#finish(this.#parts.records.lastEnding(bedside.device.id), device);
    const leave = bedside.claim(entry.command);
    try {
      return this.settled(device, await resume({ entry, bedside }, this.#parts.stages));
    } finally {
      leave();
    }
  }

  locks(_session: Session): readonly LockView[] {
    return this.#parts.locks.list(this.#parts.now()) ?? [];
  }

  async lock(session: Session, signed: SignedStatement): Promise<LockView> {
    const { lock, entry } = await refusing(() => this.#parts.locks.lock(signed, session, this.#parts.now()));
    await refusing(() => this.#parts.log.appendDurable([logEntry(entry)]));
    return lock;
  }

  async unlock(session: Session, signed: SignedStatement): Promise<void> {
    const { entry } = await refusing(() => this.#parts.locks.unlock(signed, session, this.#parts.now()));
    await refusing(() => this.#parts.log.appendDurable([logEntry(entry)]));
  }

  tablets(session: Session): readonly Tablet[] {
    return this.#parts.signIn.tablets(session);
  }

  enrolTablet(session: Session, signed: SignedStatement): Promise<Tablet> {
    return this.#parts.signIn.changeTablet(session, signed, 'on');
  }

  removeTablet(session: Session, signed: SignedStatement): Promise<Tablet> {
    return this.#parts.signIn.changeTablet(session, signed, 'off');
  }

  watch(session: Session, tell: (event: string, device: Bytes) => void): () => void {
    return this.watchers.add(session, tell);
  }

  /** Tells everybody who watches and may see this device; or of them one subject alone. */
  announce(event: string, device: Bytes, only?: string): void {
    const { reach } = this.#parts;
    const isFor = (one: Session): boolean => reach.maySee(one, hex(device));
    this.watchers.tell(event, device, (one) => (only ?? one.subject) === one.subject && isFor(one));
  }

  health(): Health {
    return this.#parts.health();
  }

  logFile(path: string, session: Session | undefined): Promise<LogFile> {
    return this.#parts.logFile(path, session);
  }

  async #awaitSecond(session: Session, signed: CompleteCommand, wish: SignWish): Promise<SignOutcome> {
    const { stages, drafts, log, now } = this.#parts;
    const who = await stages.authenticate(signed);
    const request = stages.situate(who, signed);
    await this.#parts.deciding.mayBegin(request);
    const { tier, outside } = request;
    const { device, nonce } = who.command;
    const until = this.#parts.reach.at(session, hex(device)).waitsUntil(nonce);
    const draft = await drafts.create({ ...wish, tier, outside, until }, actorOf(session), now());
    const kids = who.approvals.map((approval) => approval.kid);
    const detail = outside === true ? { detail: OUTSIDE_SITE } : {};
    await log.appendDurable([
      logEntry({ type: 'signed', time: now(), device, command: who.hash, kids, tier, ...detail }),
    ]);
    this.announce('draft', device);
    return { kind: 'awaiting-second', draft };
  }

  /** A device was asked what became of a command. */
  settled(device: Bytes, ending: Ending): SignOutcome {
    this.#parts.rooms.progress.ended(device, ending);
    return this.#finish(ending, device);
  }

  #finish(ending: Ending, device: Bytes): SignOutcome {
    this.announce(ending.kind === 'unknown' ? 'unknown' : 'changed', device);
    return ending;
  }
}
