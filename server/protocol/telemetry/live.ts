import type { Bytes } from '../encoding/bytes.ts';
import type { Cbor } from '../encoding/cbor.ts';
import { arrayOf, bytesOf, textOf, uint } from '../encoding/fields.ts';
import { Refusal } from '../refusal.ts';
import { type Content, contentValue, parseContent, PRIORITY, type Priority } from './telemetry-content.ts';

/**
 * What the gateway tells a screen about monitored devices: the whole of each device first, then what changes, and a
 * tick every second. A screen that misses two ticks shows nothing as live any more.
 *
 * The gateway passes on; it owns no alarm. What it finds missing itself (`raised`) is about its own view: contact,
 * signature, clock.
 */
export type Live =
  | { readonly kind: 'bed'; readonly bed: BedState }
  | { readonly kind: 'frame'; readonly frame: LiveFrame }
  /** The gateway's clock, Unix ms. */
  | { readonly kind: 'tick'; readonly now: number };

/** `live`: frames come. `silent`: none came for five seconds. `away`: out of contact. `never`: nothing ever came. */
export const CONTACT = ['live', 'silent', 'away', 'never'] as const;
export type ContactState = (typeof CONTACT)[number];

export interface BedState {
  readonly device: Bytes;
  /** The gateway's clock when this was said (Unix ms): ages are counted from it. */
  readonly now: number;
  readonly simulated: boolean;
  readonly contact: ContactState;
  /** Does a recent signature of the device vouch for what it sends? What none vouches for is stale. */
  readonly signed: boolean;
  /** When the newest frame arrived; 0 when none ever did. */
  readonly received: number;
  /** Until when the device paused its audio; 0 when it did not. */
  readonly pausedUntil: number;
  /** Parts of a frame: what the handles mean, the newest value of each with its own time, the device's alarms. */
  readonly described: Extract<Content, { kind: 'describe' }> | undefined;
  readonly latest: readonly LatestValue[];
  readonly alarms: Extract<Content, { kind: 'alarms' }>;
  readonly raised: readonly Raised[];
}

export interface LatestValue {
  readonly handle: number;
  readonly value: number;
  /** Index of QUALITY. */
  readonly quality: number;
  /** Source time, Unix ms. */
  readonly at: number;
}

/** A technical alarm of the gateway's own view, e.g. that a device fell silent. */
export interface Raised {
  readonly code: string;
  readonly priority: Priority;
  readonly since: number;
  readonly says: string;
}

export interface LiveFrame {
  readonly device: Bytes;
  readonly now: number;
  /** Source time of the frame, Unix ms. Far behind `now`: what a device kept through an outage comes late. */
  readonly at: number;
  readonly signed: boolean;
  readonly contents: readonly Content[];
}

const BED = 1;
const FRAME = 2;
const TICK = 3;
const TIME = Number.MAX_SAFE_INTEGER;

export function liveValue(live: Live): Cbor {
  switch (live.kind) {
    case 'tick':
      return [TICK, live.now];
    case 'frame': {
      const { device, now, at, signed, contents } = live.frame;
      return [FRAME, device, now, at, signed ? 1 : 0, contents.map(contentValue)];
    }
    case 'bed': {
      const { bed } = live;
      return [
        BED,
        bed.device,
        bed.now,
        bed.simulated ? 1 : 0,
        CONTACT.indexOf(bed.contact),
        bed.signed ? 1 : 0,
        bed.received,
        bed.described ? [contentValue(bed.described)] : [],
        bed.latest.map(({ handle, value, quality, at }) => [handle, value, quality, at] as const),
        contentValue(bed.alarms),
        bed.raised.map(
          ({ code, priority, since, says }) => [code, PRIORITY.indexOf(priority), since, says] as const,
        ),
      ];
    }
    default:
      return live satisfies never;
  }
}

/** Reads what `liveValue` makes; throws Refusal E_CMD_MALFORMED. */
export function parseLive(value: Cbor | undefined): Live {
  const items = arrayOf(value, 'live', 2, 11);
  const sized = (size: number): readonly Cbor[] => arrayOf(items, 'live', size, size);
  switch (items[0]) {
    case TICK:
      return { kind: 'tick', now: uint(sized(2)[1], 'live.now', TIME) };
    case FRAME: {
      const [, device, now, at, signed, contents] = sized(6);
      const frame = {
        device: bytesOf(device, 'live.device', 8),
        now: uint(now, 'live.now', TIME),
        at: uint(at, 'live.at', TIME),
        signed: uint(signed, 'live.signed', 1) === 1,
        contents: arrayOf(contents, 'live.contents', 0, 64).map(parseContent),
      };
      return { kind: 'frame', frame };
    }
    case BED:
      return { kind: 'bed', bed: parseBed(sized(11)) };
    default:
      throw new Refusal('E_CMD_MALFORMED', 'no such live message', 'live.0');
  }
}

function parseBed(items: readonly Cbor[]): BedState {
  const [, device, now, simulated, contact, signed, received, described, latest, alarms, raised] = items;
  const [description] = arrayOf(described, 'bed.described', 0, 1).map(parseContent);
  const state = CONTACT[uint(contact, 'bed.contact', 3)];
  const standing = parseContent(alarms ?? []);
  if (!state || standing.kind !== 'alarms' || (description && description.kind !== 'describe'))
    throw new Refusal('E_CMD_MALFORMED', 'not a bed', 'bed');
  return {
    device: bytesOf(device, 'bed.device', 8),
    now: uint(now, 'bed.now', TIME),
    simulated: uint(simulated, 'bed.simulated', 1) === 1,
    contact: state,
    signed: uint(signed, 'bed.signed', 1) === 1,
    received: uint(received, 'bed.received', TIME),
    pausedUntil: standing.pausedUntil,
    described: description,
    latest: arrayOf(latest, 'bed.latest', 0, 64).map(parseLatest),
    alarms: standing,
    raised: arrayOf(raised, 'bed.raised', 0, 16).map(parseRaised),
  };
}

function parseLatest(item: Cbor): LatestValue {
  const [handle, value, quality, at] = arrayOf(item, 'latest', 4, 4);
  if (typeof value !== 'number') throw new Refusal('E_CMD_MALFORMED', 'expected an integer', 'latest.value');
  return {
    handle: uint(handle, 'latest.handle', 0xffff),
    value,
    quality: uint(quality, 'latest.quality', 4),
    at: uint(at, 'latest.at', TIME),
  };
}

function parseRaised(item: Cbor): Raised {
  const [code, priority, since, says] = arrayOf(item, 'raised', 4, 4);
  const named = PRIORITY[uint(priority, 'raised.priority', 2)];
  if (!named) throw new Refusal('E_CMD_MALFORMED', 'no such priority', 'raised.priority');
  return {
    code: textOf(code, 'raised.code', 40),
    priority: named,
    since: uint(since, 'raised.since', TIME),
    says: textOf(says, 'raised.says', 80),
  };
}
