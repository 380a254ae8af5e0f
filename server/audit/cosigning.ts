import type { Bytes } from '../protocol/encoding/bytes.ts';
import { equal } from '../protocol/encoding/bytes.ts';
import type { Crypto } from '../protocol/crypto.ts';
import {
  type Note,
  type NoteKey,
  type NoteSignature,
  claims,
  formatNote,
  parseCheckpoint,
  parseNote,
  verifySignature,
} from '../protocol/log/note.ts';
import { LogInconsistent } from './errors.ts';
import type { LogKeys } from './log-keys.ts';
import type { Witness } from './witness-client.ts';

/** The log as its witnesses need it. */
export interface WitnessedLog {
  readonly origin: string;
  readonly keys: LogKeys;
  /** Durable size. */
  size(): number;
  rootAt(size: number): Bytes;
  pathBetween(from: number, to: number): Bytes[];
}

/** A witness and what it is known to have seen: null until it was asked. */
interface Peer {
  readonly witness: Witness;
  seen: number | null;
  busy: boolean;
}

/** A checkpoint on its way through the witnesses. */
interface Round {
  readonly size: number;
  readonly note: Note;
  readonly cosignatures: NoteSignature[];
  asked: number;
  answered: number;
}

/** Why the last round failed at each witness; for messages. */
export type Complaint = { readonly witness: string; readonly why: string };

export interface CosigningEvents {
  /** A checkpoint has its quorum: its full note. */
  quorum(size: number, note: string): void;
  /** A round ended without quorum; another one follows by itself. */
  failed(complaints: readonly Complaint[]): void;
  /** A witness holds a checkpoint, signed by this log, that this log does not continue. */
  inconsistent(error: LogInconsistent, evidence: string): void;
}

/** Pause after a failed round, doubling up to the longest: a dead witness is asked twice a second at most. */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 500;
/**
 * Between two rounds, so that under load one round takes more entries and the witness flushes its disk less often.
 * A command by itself needs longer than this from its intent to its outcome, and never waits.
 */
const REST_MS = 4;
/** A witness may be behind or ahead of what is thought of it; asking more often would not help. */
const TRIES = 3;

/** Collects cosignatures: one round at a time, always for the newest checkpoint, done when k witnesses signed it. */
export class Cosigning {
  readonly #crypto: Crypto;
  readonly #log: WitnessedLog;
  readonly #k: number;
  readonly #events: CosigningEvents;
  #peers: readonly Peer[];
  #newest: { size: number; note: Note } | null = null;
  #round: Round | null = null;
  #done = 0;
  #pause = FIRST_PAUSE_MS;
  #timer: NodeJS.Timeout | null = null;
  #complaints: Complaint[] = [];
  #stopped = false;

  constructor(
    crypto: Crypto,
    log: WitnessedLog,
    witnesses: readonly Witness[],
    k: number,
    events: CosigningEvents,
  ) {
    this.#crypto = crypto;
    this.#log = log;
    this.#k = k;
    this.#events = events;
    this.#peers = peersOf(witnesses);
  }

  /**
   * Asks other witnesses from now on, when enough of them answer. Throws Error saying who did not; those before are then
   * asked as before. What they are still asked counts, if they answer.
   */
  async follow(witnesses: readonly Witness[]): Promise<void> {
    const peers = peersOf(witnesses);
    const learnt = await Promise.allSettled(peers.map((peer) => this.#learn(peer)));
    const silent = learnt.flatMap((one, i) =>
      one.status === 'rejected' ? [`${peers[i]?.witness.key.name ?? ''}: ${whyOf(one.reason)}`] : [],
    );
    if (peers.length - silent.length < this.#k)
      throw new Error(`too few of the new witnesses answer (${silent.join('; ')})`);
    this.#peers = peers;
  }

  /** Asks every witness what it has seen last. Gives how many answered; one that shows a fork is reported. */
  async examine(): Promise<number> {
    if (this.#round === null) this.#complaints = []; // Asked while idle, again and again: only the last time counts.
    const answers = await Promise.all(
      this.#peers.map((peer) =>
        this.#learn(peer).then(
          () => true,
          (error: unknown) => {
            this.#complain(peer, error);
            return false;
          },
        ),
      ),
    );
    return answers.filter(Boolean).length;
  }

  /** A newer checkpoint, signed by the log and durable. Its round begins when the one under way is over. */
  publish(size: number, note: Note): void {
    this.#newest = { size, note };
    this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  get complaints(): readonly Complaint[] {
    return this.#complaints;
  }

  /** How many entries each witness is known to have seen; null until it was asked. */
  get peers(): readonly { readonly name: string; readonly seen: number | null }[] {
    return this.#peers.map(({ witness, seen }) => ({ name: witness.key.name, seen }));
  }

  #begin(): void {
    if (this.#stopped || this.#round !== null || this.#timer !== null) return;
    if (this.#newest === null || this.#newest.size <= this.#done) return;
    const { size, note } = this.#newest;
    this.#round = { size, note, cosignatures: [], asked: 0, answered: 0 };
    this.#complaints = [];
    for (const peer of this.#peers) void this.#ask(peer, this.#round);
    this.#conclude(this.#round);
  }

  async #ask(peer: Peer, round: Round): Promise<void> {
    // Still busy with an earlier round: it joins this one when it is free, if the round still runs.
    if (peer.busy) return;
    peer.busy = true;
    round.asked += 1;
    try {
      const cosignature = await this.#cosign(peer, round);
      round.cosignatures.push(cosignature);
    } catch (error) {
      this.#complain(peer, error);
    }
    peer.busy = false;
    round.answered += 1;
    this.#conclude(round);
    const current = this.#round;
    if (current !== null && current !== round && this.#peers.includes(peer)) void this.#ask(peer, current);
  }

  #conclude(round: Round): void {
    if (this.#round !== round) return;
    if (round.cosignatures.length >= this.#k) {
      this.#round = null;
      this.#done = round.size;
      this.#pause = FIRST_PAUSE_MS;
      const signatures = [...round.note.signatures, ...round.cosignatures];
      this.#events.quorum(round.size, formatNote({ body: round.note.body, signatures }));
      this.#beginIn(REST_MS);
    } else if (round.answered === round.asked && !this.#peers.some((peer) => peer.busy)) {
      this.#round = null;
      this.#events.failed(this.#complaints);
      this.#retry();
    }
  }

  #retry(): void {
    this.#beginIn(this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS);
  }

  #beginIn(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#begin();
    }, ms);
    this.#timer.unref();
  }

  async #cosign(peer: Peer, { size, note }: Round): Promise<NoteSignature> {
    for (let tries = 0; tries < TRIES; tries++) {
      if (peer.seen === null) await this.#learn(peer);
      const old = peer.seen ?? 0;
      if (old > size) throw new Error('it has already seen a newer checkpoint');
      const path = old === 0 ? [] : this.#log.pathBetween(old, size);
      const answer = await peer.witness.add(old, path, formatNote(note));
      if (answer.kind === 'cosigned') {
        const cosignature = await this.#check(peer.witness.key, note, answer.signatures);
        peer.seen = size;
        return cosignature;
      }
      if (answer.kind === 'refused') throw new Error(answer.why);
      // A size or a refused proof is only a claim; what it has seen, signed by this log, is what counts.
      peer.seen = null;
    }
    throw new Error('it does not follow this log');
  }

  async #check(key: NoteKey, note: Note, signatures: readonly NoteSignature[]): Promise<NoteSignature> {
    const signature = signatures.find((each) => claims(key, each));
    if (signature === undefined) throw new Error('its cosignature is missing');
    const time = await verifySignature(this.#crypto, note.body, key, signature);
    if (time === null) throw new Error('its cosignature is invalid');
    return signature;
  }

  /** Learns what a witness has seen, and compares it with the log. */
  async #learn(peer: Peer): Promise<void> {
    const last = await peer.witness.last();
    if (last === null) {
      peer.seen = 0;
      return;
    }
    const note = parseNote(last);
    if (!(await this.#log.keys.signed(note)))
      throw new Error('it shows a checkpoint that this log did not sign');
    const { origin, size, root } = parseCheckpoint(note.body);
    if (origin !== this.#log.origin) throw new Error('it shows the checkpoint of another log');
    const { name } = peer.witness.key;
    if (size > this.#log.size()) {
      const why = `${name} has seen ${size} entries, and there are ${this.#log.size()} here: entries were lost`;
      throw this.#report(new LogInconsistent('truncated', why), last);
    }
    if (!equal(this.#log.rootAt(size), root)) {
      const why = `${name} has seen other first ${size} entries than there are here`;
      throw this.#report(new LogInconsistent('fork', why), last);
    }
    peer.seen = size;
  }

  #report(error: LogInconsistent, evidence: string): LogInconsistent {
    this.#events.inconsistent(error, evidence);
    return error;
  }

  #complain(peer: Peer, error: unknown): void {
    this.#complaints.push({ witness: peer.witness.key.name, why: whyOf(error) });
  }
}

const peersOf = (witnesses: readonly Witness[]): readonly Peer[] =>
  witnesses.map((witness) => ({ witness, seen: null, busy: false }));

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
