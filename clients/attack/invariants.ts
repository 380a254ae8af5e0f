import { readdirSync, readFileSync } from 'node:fs';
import { deviceFaults, type Looked, type Spent } from './device-watch.ts';
import type { Lab } from './lab.ts';
import { LogWatch, type Source } from './log-watch.ts';
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

/** Watches one ward: takes a picture before each attack and holds the one after against it. */
export class Watch {
  readonly log = new LogWatch();
  #crashes = 0;

  async begin(at: Lab, look: () => Promise<Looked | undefined>, from: Source): Promise<Looked | undefined> {
    this.#crashes = at.ward.crashes.length;
    await this.log.begin(at, from);
    return look();
  }

  /** @param spent tells, at the end, what the attack may have cost the device since `before` */
  async end(
    at: Lab,
    before: Looked | undefined,
    look: () => Promise<Looked | undefined>,
    { from, spent }: { readonly from: Source; readonly spent: () => Spent },
  ): Promise<Violation[]> {
    const began = performance.now();
    const after = await look();
    const took = performance.now() - began;
    return [
      ...(before && after ? deviceFaults(before, after, spent()) : []),
      ...(took > PATIENCE_MS ? [fault('I7', `an honest clinician waited ${Math.round(took / 1000)} s`)] : []),
      ...(await this.log.faults(at, from)),
      ...canaryFaults(at),
      ...at.ward.crashes.slice(this.#crashes).map((name) => fault('I6', `${name} ended by itself`)),
      ...egressFaults(at),
    ];
  }
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
