import { type Bytes, hex } from '../protocol/encoding/bytes.ts';
import { TERMS } from '../protocol/telemetry/nomenclature.ts';
import type { RefusalCode } from '../protocol/refusal.ts';
import type { TelemetryFrame } from '../protocol/telemetry/telemetry.ts';
import type { Bed } from './bed.ts';

/** What may be wrong with a device, seen from what it sends. */
export const SIGNS = ['rate', 'volume', 'misuse', 'identity', 'jump', 'clock', 'destination'] as const;
export type SignKind = (typeof SIGNS)[number];

export interface Sign {
  readonly device: Bytes;
  readonly at: number;
  readonly kind: SignKind;
  /** For operators; holds no value of a patient. */
  readonly reason: string;
}

/** More of a kind within this time is the same event going on. */
const QUIET_MS = 10 * 60_000;
/** One mistake may be a version difference. */
const MISTAKES_PER_MINUTE = 3;
/** So many times what a device sent in an usual minute, and never less than a megabyte. */
const VOLUME_TIMES = 10;
const VOLUME_LEAST = 1_048_576;

/** Faster than this per second no body changes: a sensor fell off, or somebody makes numbers up. In units of the code. */
const FASTEST: ReadonlyMap<number, number> = new Map([
  [TERMS.heartRate.code, 90],
  [TERMS.pulseRate.code, 90],
  [TERMS.spo2.code, 25],
  [TERMS.respirationRate.code, 60],
  [TERMS.temperature.code, 1.5],
]);

const MISTAKES: readonly RefusalCode[] = ['E_CMD_MALFORMED', 'E_CMD_SCHEMA', 'E_ROUTE', 'E_TELEMETRY'];

interface Seen {
  readonly told: Map<SignKind, number>;
  readonly last: Map<number, { readonly value: number; readonly at: number }>;
  minute: number;
  mistakes: number;
  bytes: number;
  /** Bytes of a minute, as they usually are; undefined for a device that is new. */
  usual: number | undefined;
}

/** Watches for signs that a device is not itself: each is told once, with the reason, however long it goes on. */
export class SignWatch {
  readonly #now: () => number;
  readonly #found: (sign: Sign) => void;
  readonly #seen = new Map<string, Seen>();

  constructor(now: () => number, found: (sign: Sign) => void) {
    this.#now = now;
    this.#found = found;
  }

  /** A frame was taken. `stepped`: ms by which the device's clock was set since the one before. */
  frame(bed: Bed, frame: TelemetryFrame, size: number): void {
    const seen = this.#of(bed.device.id);
    seen.bytes += size;
    const most = Math.max(VOLUME_LEAST, VOLUME_TIMES * (seen.usual ?? VOLUME_LEAST));
    if (seen.bytes > most)
      this.#tell(bed.device.id, 'volume', 'far more data than this device usually sends');
    const stepped = bed.chain?.stepped ?? 0;
    if (stepped !== 0)
      this.#tell(bed.device.id, 'clock', `its clock was set by ${Math.round(stepped / 1_000)} s`);
    for (const content of frame.contents)
      if (content.kind === 'numerics')
        for (const { handle, value, quality } of content.numerics) {
          const metric = bed.metrics.get(handle);
          if (!metric || quality !== 'valid') continue;
          this.#jump(bed, metric.code, metric.name, value / 10 ** metric.scale, frame.at);
        }
  }

  /** What a device sent was refused. */
  refused(device: Bytes, code: RefusalCode): void {
    const seen = this.#of(device);
    if (code === 'E_RATE') this.#tell(device, 'rate', 'more messages than any device of its kind sends');
    if (code === 'E_CLOCK') this.#tell(device, 'clock', 'it sends times that cannot be');
    if (code === 'E_DEVICE_IDENTITY') this.#tell(device, 'identity', 'signed by a key that is not its own');
    if (MISTAKES.includes(code) && ++seen.mistakes >= MISTAKES_PER_MINUTE)
      this.#tell(device, 'misuse', `it breaks the protocol again and again (${code})`);
  }

  /** A device knocked at a door that is not for it. */
  strayed(device: Bytes): void {
    this.#tell(device, 'destination', 'it tries a door of this gateway that it did not declare');
  }

  #jump(bed: Bed, code: number, name: string, value: number, at: number): void {
    const fastest = FASTEST.get(code);
    if (fastest === undefined) return;
    const seen = this.#of(bed.device.id);
    const before = seen.last.get(code);
    seen.last.set(code, { value, at });
    if (!before || at <= before.at || at - before.at > 10_000) return;
    const perSecond = Math.abs(value - before.value) / Math.max(1, (at - before.at) / 1_000);
    if (perSecond > fastest) this.#tell(bed.device.id, 'jump', `${name} changes faster than a body can`);
  }

  #tell(device: Bytes, kind: SignKind, reason: string): void {
    const { told } = this.#of(device);
    const at = this.#now();
    if (at - (told.get(kind) ?? -QUIET_MS) < QUIET_MS) return;
    told.set(kind, at);
    this.#found({ device, at, kind, reason });
  }

  #of(device: Bytes): Seen {
    const key = hex(device);
    const minute = Math.floor(this.#now() / 60_000);
    const seen = this.#seen.get(key);
    if (!seen) {
      const fresh: Seen = {
        told: new Map(),
        last: new Map(),
        minute,
        mistakes: 0,
        bytes: 0,
        usual: undefined,
      };
      this.#seen.set(key, fresh);
      return fresh;
    }
    if (seen.minute !== minute) {
      seen.usual = seen.usual === undefined ? seen.bytes : 0.8 * seen.usual + 0.2 * seen.bytes;
      seen.minute = minute;
      seen.mistakes = 0;
      seen.bytes = 0;
    }
    return seen;
  }
}
