import { outOfScope } from '../../authorize/care-relation.ts';
import type { Session } from '../../edge/desks/desk.ts';
import type {
  MonitorDesk,
  SignRow,
  Trend,
  TrendWish,
  WardRow,
  Waves,
} from '../../edge/desks/monitor-desk.ts';
import type { AlarmBook, AlarmRow } from '../../monitor/alarm-book.ts';
import type { Bed } from '../../monitor/bed.ts';
import { csvOf } from '../../monitor/csv.ts';
import {
  type AlarmLimits,
  bundleOf,
  deviceResource,
  metricResource,
  observationsOf,
  waveResource,
} from '../../monitor/fhir.ts';
import { type HistoryParts, valuesOf, wavesOf } from '../../monitor/history.ts';
import { type LiveHub, wished } from '../../monitor/live-hub.ts';
import { trendOf } from '../../monitor/trends.ts';
import { hex, unhex } from '../../protocol/encoding/bytes.ts';
import { ALARM_LIMITS } from '../../protocol/telemetry/nomenclature.ts';
import { readableBy } from '../../protocol/read-scope.ts';
import type { Metric } from '../../protocol/telemetry/telemetry-content.ts';
import type { BedState, Live } from '../../protocol/telemetry/live.ts';
import type { MonitorWish } from '../../protocol/telemetry/monitor-wish.ts';
import { wardList, type WardListParts } from './ward-list.ts';

/** Rows of one CSV file: twenty values a second for an hour. */
const MAX_ROWS = 100_000;
/** Waveforms go out as one strip, as people print it. */
const STRIP_MS = 10_000;

export interface MonitorRoomParts extends WardListParts {
  readonly beds: ReadonlyMap<string, Bed>;
  readonly hub: LiveHub;
  readonly history: HistoryParts;
  /** Settings a device attested last, by code. */
  readonly settingsOf: (device: string) => ReadonlyMap<number, number>;
  readonly book: AlarmBook;
  /** Writes into the log what a session read, once. */
  readonly read: (session: Session, what: string) => Promise<void>;
}

/** What is measured, as the edge may ask for it: everything is held against who may see the device. */
export class MonitorRoom implements MonitorDesk {
  readonly #parts: MonitorRoomParts;

  constructor(parts: MonitorRoomParts) {
    this.#parts = parts;
  }

  watch(session: Session, wish: MonitorWish, tell: (live: Live) => void): () => void {
    for (const device of wish.devices) this.#expect(session, hex(device));
    const may = this.#mine(session).map(({ device }) => device.id);
    return this.#parts.hub.watch(wished(wish, may), tell);
  }

  beds(session: Session): readonly BedState[] {
    return this.#mine(session).map((bed) => this.#parts.hub.state(bed));
  }

  async ward(session: Session): Promise<readonly WardRow[]> {
    await this.#parts.read(session, 'the ward board');
    return wardList(session, this.#parts);
  }

  trend(session: Session, wish: TrendWish): Trend {
    this.#expect(session, wish.device);
    return trendOf(this.#parts.history.store, wish);
  }

  alarms(session: Session, device: string, since: number, until: number): readonly AlarmRow[] {
    this.#expect(session, device);
    return this.#parts.book.read(device, since, until);
  }

  signs(session: Session, device: string, since: number, until: number): readonly SignRow[] {
    this.#expect(session, device);
    const sql =
      'SELECT at, kind, reason FROM sign WHERE device = ? AND at >= ? AND at < ? ORDER BY id DESC LIMIT 1000';
    const rows = this.#parts.history.store.reader(sql).all(unhex(device), since, until);
    return rows.map(({ at, kind, reason }) => ({
      at: Number(at),
      kind: String(kind),
      reason: String(reason),
    }));
  }

  csv(session: Session, device: string, since: number, until: number): string {
    const { simulated } = this.#expect(session, device);
    return csvOf(device, simulated, valuesOf(this.#parts.history, device, since, until), MAX_ROWS);
  }

  waves(session: Session, device: string, code: number, since: number, until: number): Waves {
    this.#expect(session, device);
    const { metric, parts } = wavesOf(this.#parts.history, device, code, since, until);
    const { unit = '', scale = 0, period = 0 } = metric ?? {};
    return { code, unit, scale, period, parts };
  }

  fhir(session: Session, device: string, since: number, until: number): object {
    const bed = this.#expect(session, device);
    const { history, patientOf, settingsOf } = this.#parts;
    const about = { ...aboutOf(bed), patient: patientOf(session, device)?.id };
    const limits = limitsIn(settingsOf(device), bed.metrics);
    const metrics = [...bed.metrics.values()];
    const waves = metrics
      .filter(({ period }) => period > 0)
      .flatMap((metric) => {
        const { parts } = wavesOf(history, device, metric.code, Math.max(since, until - STRIP_MS), until);
        return parts.map((part) => waveResource(about, metric, part));
      });
    const may = readableBy(session.scope);
    return bundleOf([
      ...(may.has('Device') ? [deviceResource(about)] : []),
      ...(may.has('DeviceMetric') ? metrics.map((metric) => metricResource(about, metric, limits)) : []),
      ...(may.has('Observation')
        ? [...observationsOf(about, [...valuesOf(history, device, since, until)]), ...waves]
        : []),
    ]);
  }

  #mine(session: Session): readonly Bed[] {
    return [...this.#parts.beds.values()].filter(({ device }) => this.#parts.maySee(session, device.hex));
  }

  #expect(session: Session, device: string): Bed {
    const bed = this.#parts.beds.get(device);
    if (!bed || !this.#parts.maySee(session, device)) throw outOfScope();
    return bed;
  }
}

const aboutOf = ({ device, simulated }: Bed) => ({
  id: device.hex,
  name: device.name,
  model: device.model,
  deviceClass: device.profile.deviceClass,
  simulated,
});

/** Alarm limits among the settings, in the units of the metrics they are about. */
export function limitsIn(
  settings: ReadonlyMap<number, number>,
  metrics: ReadonlyMap<number, Metric>,
): AlarmLimits {
  const limits = new Map<number, { low?: number; high?: number }>();
  const scales = new Map([...metrics.values()].map(({ code, scale }) => [code, scale]));
  for (const [setting, { metric, side }] of ALARM_LIMITS) {
    const value = settings.get(setting);
    const scale = scales.get(metric);
    if (value === undefined || scale === undefined) continue;
    limits.set(metric, { ...limits.get(metric), [side]: value / 10 ** scale });
  }
  return limits;
}
