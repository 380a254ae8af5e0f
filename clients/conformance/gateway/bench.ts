import { setTimeout as pause } from 'node:timers/promises';
import type { Bytes } from '../../../server/protocol/encoding/bytes.ts';
import { isTelemetry } from '../../../server/protocol/telemetry/telemetry.ts';
import { encodeRequest, parseRequest, type Request } from '../../../server/protocol/link/wire.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import type { Exchange } from '../bench.ts';
import { CaseFault, Skipped } from '../faults.ts';
import { GatewayLink, knock, type Knock } from '../links/gateway-door.ts';
import type { Hospital } from '../world/hospital.ts';
import type { GatewayDeclaration } from './declaration.ts';
import type { Role } from './people.ts';
import { PlayedDevice } from './played-device.ts';
import { Tablet } from './tablet.ts';

export const DEVICE_DOOR = { path: '/device', subprotocols: ['countersign.v1'] } as const;
export const STATION_DOOR = { path: '/reader', subprotocols: ['countersign.reader.v1'] } as const;
/** A gateway opens a device that came into contact within this time. */
export const OPENED_MS = 5_000;
/** What is not genuine is hung up on within this time. */
export const HANG_UP_MS = 2_000;
/** How long nothing has to come until it counts as nothing. */
export const QUIET_MS = 300;

export interface GatewayBenchParts {
  readonly declared: GatewayDeclaration;
  readonly hospital: Hospital;
  readonly seed: number;
  readonly onExchange: (exchange: Exchange) => void;
}

/** Answers a request in place of the device; undefined leaves it to the device. */
export type Instead = (request: Request, message: Bytes) => Promise<Bytes | undefined>;

/** A gateway under test, with everybody around it in the kit's hands. */
export class GatewayBench {
  readonly parts: GatewayBenchParts;
  readonly device: PlayedDevice;
  /** What the gateway says about telemetry, oldest first. */
  readonly told: Bytes[] = [];
  #hear: (() => void) | undefined;
  #link: GatewayLink | undefined;
  /** Answers in place of the device while it is set. */
  instead: Instead | undefined;
  readonly #tablets = new Map<Role, Promise<Tablet>>();
  /** A word of the gateway that cannot be read: met by the next case that looks. */
  #fault: CaseFault | undefined;

  constructor(parts: GatewayBenchParts) {
    this.parts = parts;
    this.device = new PlayedDevice(parts.declared.device);
  }

  /** Knocks like the device, but for what is said; gives the link, or why there is none. */
  knock(as: Partial<Knock> = {}): Promise<GatewayLink | string> {
    const { declared } = this.parts;
    return knock(declared.door, { tls: declared.device.tls, ...DEVICE_DOOR, ...as });
  }

  /** A new link that nobody has answered anything on yet. Throws CaseFault when the device is not let in. */
  async fresh(): Promise<GatewayLink> {
    this.hangUp();
    const link = await this.knock();
    if (link instanceof GatewayLink) return (this.#link = link);
    throw new CaseFault('a device with its certificate is let in', { expected: 'a WebSocket', got: link });
  }

  /** The request that opens a device, on a link that is new. Throws CaseFault when another comes, or none. */
  async opening(link: GatewayLink): Promise<Bytes> {
    const asked = await link.next(OPENED_MS);
    if (!asked)
      throw new CaseFault('a device in contact is opened', { expected: 'request 1', got: 'nothing' });
    return asked;
  }

  /** The device in contact, answering for itself. */
  async inContact(): Promise<GatewayLink> {
    if (this.#link?.listener && this.#link.gone === undefined) return this.#link;
    const link = await this.fresh();
    let opened = (): void => undefined;
    const done = new Promise<void>((resolve) => (opened = resolve));
    link.listener = (message) => void this.#answer(link, message).then(opened);
    const late = pause(OPENED_MS).then(() => {
      throw new CaseFault('a device in contact is opened', { expected: 'request 1', got: 'nothing' });
    });
    await Promise.race([done, late]);
    late.catch(() => undefined);
    if (await link.hungUp(QUIET_MS))
      throw new CaseFault('a genuine device stays in contact', {
        expected: 'it to stay',
        got: link.gone ?? '',
      });
    return link;
  }

  /** What the gateway said that no gateway may say, if it did. */
  expectReadable(): void {
    const fault = this.#fault;
    this.#fault = undefined;
    if (fault) throw fault;
  }

  async #answer(link: GatewayLink, message: Bytes): Promise<void> {
    if (isTelemetry(message)) {
      this.told.push(message);
      return this.#hear?.();
    }
    let request: Request;
    try {
      request = parseRequest(message);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.note(message, undefined);
      this.#fault = new CaseFault('every request is one of section 6', {
        expected: 'a request',
        got: error.message,
        field: error.field ?? '',
      });
      return;
    }
    const answer = (await this.instead?.(request, message)) ?? (await this.device.answer(request));
    this.note(answer, message);
    link.send(answer);
  }

  /** The gateway's next word about telemetry that `wanted` takes; undefined when none came in time. */
  async hear<T>(wanted: (message: Bytes) => T | undefined, withinMs: number): Promise<T | undefined> {
    const end = Date.now() + withinMs;
    for (;;) {
      for (let message = this.told.shift(); message; message = this.told.shift()) {
        const found = wanted(message);
        if (found !== undefined) return found;
      }
      const left = end - Date.now();
      if (left <= 0) return undefined;
      await Promise.race([new Promise<void>((resolve) => (this.#hear = resolve)), pause(left)]);
    }
  }

  /** For the report: what the kit sent, and what came back. */
  note(sent: Bytes, got: Bytes | undefined, ms = 0): void {
    this.parts.onExchange({ sent, got, ms });
  }

  /** Sends something in answer to the opening, and holds the gateway to going no further with that device. */
  async turnedAway(answer: Bytes, rule: string, field: string): Promise<void> {
    const link = await this.fresh();
    await this.opening(link);
    const since = performance.now();
    link.send(answer);
    const next = await link.next(HANG_UP_MS);
    this.note(answer, next, performance.now() - since);
    if (next)
      throw new CaseFault(rule, {
        expected: 'the gateway to hang up',
        got: `it goes on with ${requestName(next)}`,
        field,
      });
    if (!(await link.hungUp(QUIET_MS)))
      throw new CaseFault(rule, {
        expected: 'the gateway to hang up',
        got: 'the device stays in contact',
        field,
      });
  }

  /** A clinician at a tablet. Throws Skipped where none was declared. */
  tablet(role: Role = 'first'): Promise<Tablet> {
    const { declared } = this.parts;
    const seat = declared.seats[role];
    if (!seat) throw new Skipped(`no tablet: declare \`clinicians.${role}\``);
    const known = this.#tablets.get(role) ?? Tablet.signIn(declared, seat);
    this.#tablets.set(role, known);
    return known;
  }

  hangUp(): void {
    this.#link?.close();
    this.#link = undefined;
    this.instead = undefined;
    this.told.length = 0;
  }

  async close(): Promise<void> {
    this.hangUp();
    for (const tablet of await Promise.allSettled(this.#tablets.values()))
      if (tablet.status === 'fulfilled') tablet.value.close();
  }
}

/** A request as a person calls it. */
export function requestName(message: Bytes): string {
  try {
    return `the request ${parseRequest(message).kind}`;
  } catch {
    return `${message.length} bytes that are no request`;
  }
}

export const OPEN: Bytes = encodeRequest({ kind: 'open' });
