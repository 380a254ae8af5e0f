import { readdirSync, readFileSync } from 'node:fs';
import { type Bytes, equal, hex } from '../../server/protocol/bytes.ts';
import type { Attestation } from '../../server/protocol/attestation.ts';
import { type Entry, parseEntry } from '../../server/protocol/entry.ts';
import { verifyLog } from '../../server/protocol/verify-log.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { copyLog } from '../ward/demo-ward.ts';
import { therapy } from './answers.ts';
import type { Lab } from './lab.ts';
import { isLoopback, socketsOf } from './sockets.ts';

/** What must hold after every attack, whatever it was. The numbers are those of SECURITY.md. */
export const INVARIANTS = {
  I1: 'therapy, limits, anchors, profile and patient of the device are what they were',
  I2: 'counter and receipts only go on, without a gap',
  I3: 'the log holds everything it held, verifies, and has its witnesses',
  I4: 'the refusal is the one that belongs to this attack',
  I5: 'no name, record number, token or key in logs, answers or captures',
  I6: 'the device ran on: its ticks went with the clock, and no process died',
  I7: 'an honest clinician still gets through, within five seconds',
  I8: 'what proves nothing costs the device no receipt and no nonce',
  I9: 'no process talks to anything but this machine',
} as const;
export type InvariantId = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: InvariantId;
  readonly what: string;
}

const PATIENCE_MS = 5_000;
/** Ticks are whole seconds, and a loaded machine answers late. */
const TICKS_OFF = 4;

/** Watches one ward: takes a picture before each attack and holds the one after against it. */
export class Watch {
  #entries: readonly Bytes[] = [];
  #crashes = 0;
  #copy = 0;
  #at = 0;

  /** New entries of the log since the last attack began, with their index. */
  fresh: readonly { readonly index: number; readonly entry: Entry }[] = [];

  async begin(at: Lab, device: () => Promise<Attestation | undefined>): Promise<Attestation | undefined> {
    this.#crashes = at.ward.crashes.length;
    this.#at = performance.now();
    return device();
  }

  /** @param slow the attack itself takes contact away for a while */
  async end(
    at: Lab,
    before: Attestation | undefined,
    device: () => Promise<Attestation | undefined>,
    log: boolean,
  ): Promise<Violation[]> {
    const began = performance.now();
    const after = await device();
    const took = performance.now() - began;
    return [
      ...(before && after ? deviceFaults(before, after, (performance.now() - this.#at) / 1000) : []),
      ...(took > PATIENCE_MS ? [fault('I7', `an honest clinician waited ${Math.round(took / 1000)} s`)] : []),
      ...(log ? await this.#logFaults(at) : []),
      ...canaryFaults(at),
      ...at.ward.crashes.slice(this.#crashes).map((name) => fault('I6', `${name} ended by itself`)),
      ...egressFaults(at),
    ];
  }

  /** The whole log, as an auditor copies it: nothing is gone, and it verifies with its witnesses. */
  async #logFaults(at: Lab): Promise<Violation[]> {
    const auditor = await at.person('auditor');
    const folder = at.path('copies', String(++this.#copy));
    const entries = await copyLog(auditor, folder);
    const checkpoint = readFileSync(`${folder}/checkpoint`, 'utf8');
    const trust = at.honest.anchors;
    const report = await verifyLog(nodeCrypto, { entries, checkpoints: [checkpoint], trust });
    const kept = this.#entries.every((entry, i) => equal(entry, entries[i] ?? new Uint8Array()));
    this.fresh = entries
      .slice(this.#entries.length)
      .map((bytes, i) => ({ index: this.#entries.length + i, entry: parseEntry(bytes) }));
    this.#entries = entries;
    return [
      ...(kept ? [] : [fault('I3', 'entries that were there are gone or changed')]),
      ...report.problems.map(({ what }) => fault('I3', what)),
    ];
  }
}

function deviceFaults(before: Attestation, after: Attestation, seconds: number): Violation[] {
  const faults: Violation[] = [];
  if (therapy(before) !== therapy(after)) faults.push(fault('I1', 'the device attests another state'));
  if (after.receiptNumber < before.receiptNumber || after.counter < before.counter)
    faults.push(fault('I2', 'a counter went back'));
  if (after.receiptNumber === before.receiptNumber && hex(after.lastReceipt) !== hex(before.lastReceipt))
    faults.push(fault('I2', 'another last receipt under the same number'));
  const ticks = after.ticks - before.ticks;
  if (ticks < 0 || ticks > seconds + TICKS_OFF)
    faults.push(fault('I6', `${ticks} ticks went by in ${Math.round(seconds)} s`));
  return faults;
}

/** Looks for what must be nowhere: in what the processes printed, on the wire, in the air, in answers to the attacker. */
function canaryFaults(at: Lab): Violation[] {
  const places: [string, Buffer][] = [
    ...readdirSync(at.path('logs')).map((name): [string, Buffer] => [
      `logs/${name}`,
      readFileSync(at.path('logs', name)),
    ]),
    ['the wire', Buffer.concat(at.ward.network.captured)],
    ['the air', Buffer.concat(at.ward.skin.seen.map(({ apdu }) => Buffer.from(apdu)))],
    ['answers to the attacker', Buffer.from(at.heard.join('\n'))],
  ];
  const words = [...at.honest.canaries, 'BEGIN PRIVATE KEY', 'eyJ0eXAiOiJhdCtqd3Qi'];
  return places.flatMap(([place, bytes]) =>
    words
      .filter((word) => bytes.includes(word))
      .map((word) => fault('I5', `${word.slice(0, 12)} in ${place}`)),
  );
}

function egressFaults(at: Lab): Violation[] {
  return [...at.ward.running.pids].flatMap(([name, pid]) =>
    (socketsOf(pid) ?? [])
      .filter(({ remote, listening }) => !listening && !isLoopback(remote))
      .map(({ remote }) => fault('I9', `${name} talks to ${remote}`)),
  );
}

const fault = (invariant: InvariantId, what: string): Violation => ({ invariant, what });
