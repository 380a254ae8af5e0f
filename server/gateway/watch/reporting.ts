import { readFileSync } from 'node:fs';
import type { Config } from '../../config.ts';
import type { Bed } from '../../monitor/bed.ts';
import { type Hl7Patient, oruOf } from '../../monitor/hl7.ts';
import type { Keeper } from '../../monitor/keeper.ts';
import { sendMllp } from '../../monitor/mllp.ts';
import { Outbox } from '../../monitor/outbox.ts';
import type { Store } from '../../store/store.ts';
import { limitsIn } from '../desks/monitor-room.ts';
import type { GatewayLog } from './program-log.ts';

export interface ReportingParts {
  readonly engine: NonNullable<Config['engine']>;
  readonly keeper: Keeper;
  readonly store: Pick<Store, 'reader'>;
  readonly now: () => number;
  readonly beds: ReadonlyMap<string, Bed>;
  readonly program: GatewayLog;
  readonly surprised: (error: unknown) => void;
  /** Settings a device attested last, by code. */
  readonly settingsOf: (device: string) => ReadonlyMap<number, number>;
  /** Whom the hospital assigned a device to. */
  readonly patientNamed: (device: string) => Hl7Patient | undefined;
}

/** What is new of each device goes out once a minute; what is to be sent again, within seconds of its time. */
const REPORT_MS = 60_000;
const FLUSH_MS = 5_000;

/** Reports to the hospital's interface engine, where one is configured. Throws when its authority cannot be read. */
export function openReporting(parts: ReportingParts): { stop(): void } {
  const { engine, keeper, store, now, program, surprised } = parts;
  const trusted = { ...engine, ca: readFileSync(engine.ca, 'utf8') };
  const outbox = new Outbox({
    keeper,
    store,
    now,
    send: (id, message) => sendMllp(trusted, id, message),
    dead: (id, why) =>
      program.error('a report to the interface engine was given up', { code: id, reason: why }),
  });
  const told = new Map<string, number>();
  const report = (): void => {
    try {
      for (const [id, bed] of parts.beds) {
        if (bed.received === 0 || told.get(id) === bed.received) continue;
        told.set(id, bed.received);
        outbox.add((number) => reportOf(parts, bed, number));
      }
    } catch (error) {
      surprised(error); // A damaged file must not end the gateway.
    }
  };
  const beats = [
    setInterval(report, REPORT_MS),
    setInterval(() => void outbox.flush().catch(surprised), FLUSH_MS),
  ];
  return { stop: () => beats.forEach((beat) => clearInterval(beat)) };
}

function reportOf({ now, settingsOf, patientNamed }: ReportingParts, bed: Bed, id: string): string {
  const { device, metrics, latest, simulated } = bed;
  const limits = limitsIn(settingsOf(device.hex), metrics);
  return oruOf({
    id,
    now: now(),
    device: device.hex,
    model: device.model,
    deviceClass: device.profile.deviceClass,
    simulated,
    implant: device.transport === 'nfc',
    patient: patientNamed(device.hex),
    values: [...latest.values()].flatMap(({ handle, value, quality, at }) => {
      const metric = metrics.get(handle);
      return metric ? [{ metric, value, quality, at, limits: limits.get(metric.code) }] : [];
    }),
  });
}
