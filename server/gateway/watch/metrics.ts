import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Stages } from '../../ceremony.ts';
import { cryptoWork } from '../../crypto.ts';
import type { Health } from '../../edge/desks/desk.ts';
import { Metrics } from '../../edge/metrics.ts';
import { type MetricsDoor, openMetricsServer } from '../../edge/metrics-server.ts';
import { Refusal } from '../../protocol/refusal.ts';
import type { Store } from '../../store/store.ts';
import { asRefusal } from '../desks/failures.ts';
import type { GatewayLog } from './program-log.ts';

/** Seconds, from a signature check to a device that answers at the end of its time. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const STATEMENTS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];
const MEASURED = [
  'authenticate', 'authorize', 'coolOff', 'recordIntent', 'grant', 'deliver', 'seal', 'settle',
] as const satisfies readonly (keyof Stages)[]; // prettier-ignore

/** What the gateway counts about itself; no label names a person, a patient, a device, a tablet or an address. */
export interface GatewayMetrics {
  readonly page: Metrics;
  /** The same stages, timed; endings and refusals are counted. */
  measured(stages: Stages): Stages;
  /** The same store, its calls timed and their statements counted. */
  stored(store: Store): Store;
  refused(code: string): void;
  rateLimited(route: 'open' | 'session'): void;
  readonly witness: (name: string, seconds: number, ok: boolean) => void;
  health(read: () => Health): void;
  sockets(read: () => Readonly<Record<string, number>>): void;
}

/** Makes the page of metrics. `seconds` is a clock that never goes back. */
export function gatewayMetrics(seconds: () => number): GatewayMetrics {
  const page = new Metrics();
  const endings = page.counter('countersign_ceremonies_total', 'Ceremonies that came to an end, by result.');
  const refusals = page.counter('countersign_refusals_total', 'What was turned down, by refusal code.');
  const limited = page.counter(
    'countersign_rate_limited_total',
    'Requests above their rate, by kind of route.',
  );
  const stage = page.histogram('countersign_stage_seconds', 'Time in each stage of the ceremony.', SECONDS);
  const commit = page.histogram(
    'countersign_store_write_seconds',
    'Time until a write is on the disk.',
    SECONDS,
  );
  const sizes = page.histogram('countersign_store_write_statements', 'Statements of one write.', STATEMENTS);
  const faults = page.counter('countersign_store_faults_total', 'Writes that did not happen.');
  const cosigning = page.histogram('countersign_witness_seconds', 'Time a witness takes to answer.', SECONDS);
  const silent = page.counter('countersign_witness_faults_total', 'Requests a witness did not cosign.');
  processMetrics(page);
  return {
    page,
    refused: (code) => refusals({ code }),
    rateLimited: (route) => limited({ route }),
    witness(name, took, ok) {
      cosigning(took, { witness: name });
      if (!ok) silent({ witness: name });
    },
    measured(stages) {
      const timed: Stages = {
        ...stages,
        recordRefusal(signed, thrown) {
          const refusal = asRefusal(thrown);
          endings({ result: refusal instanceof Refusal ? 'refused' : 'failed' });
          refusals({ code: refusal instanceof Refusal ? refusal.code : 'unforeseen' });
          stages.recordRefusal(signed, thrown);
        },
        async seal(delivered) {
          const ending = await stages.seal(delivered);
          endings({ result: ending.kind === 'sealed' ? resultOf(ending.sealed.code) : 'unknown' });
          return ending;
        },
      };
      for (const name of MEASURED) {
        const work: (...args: never[]) => Promise<unknown> = timed[name];
        const measure = async (...args: never[]): Promise<unknown> => {
          const began = seconds();
          try {
            return await work(...args);
          } finally {
            stage(seconds() - began, { stage: name });
          }
        };
        Object.assign(timed, { [name]: measure });
      }
      return timed;
    },
    stored(store) {
      const write: Store['write'] = async (ops, atOnce) => {
        const began = seconds();
        try {
          await store.write(ops, atOnce);
        } catch (error) {
          faults();
          throw error;
        }
        commit(seconds() - began);
        sizes(ops.length);
      };
      return { ...store, write };
    },
    health: (read) => healthMetrics(page, read),
    sockets: (read) =>
      page.gauge('countersign_sockets_open', 'Connections that are open now, by kind.', (set) => {
        for (const [kind, count] of Object.entries(read())) set(count, { kind });
      }),
  };
}

/** Opens the metrics' own loopback port; 0 leaves it out. A port that is taken is told, and stops nothing. */
export async function openMetrics(
  { page }: GatewayMetrics,
  port: number,
  program: GatewayLog,
): Promise<MetricsDoor | undefined> {
  if (port === 0) return undefined;
  try {
    return await openMetricsServer(page, port);
  } catch {
    program.warn('metrics are not served: another program uses their port; set metrics.port', { port });
    return undefined;
  }
}

const resultOf = (code: string | undefined): string =>
  code === '' || code === undefined ? 'applied' : 'refused-by-device';

function healthMetrics(page: Metrics, read: () => Health): void {
  page.gauge('countersign_ready', '1 when commands are open, 0 when the gateway only monitors.', (set) =>
    set(read().ready ? 1 : 0),
  );
  page.gauge('countersign_log_entries', 'Entries of the log.', (set) => set(read().logSize));
  page.gauge('countersign_checkpoint_age_seconds', 'Age of the newest cosigned checkpoint.', (set) =>
    set(read().checkpointAgeSeconds),
  );
  page.gauge('countersign_unknown_outcomes', 'Commands whose outcome is not known.', (set) =>
    set(read().unknownOutcomes),
  );
  page.gauge('countersign_evidence_part', 'Parts of the evidence: 0 ok, 1 warning, 2 bad.', (set) => {
    for (const { name, state } of read().parts) set({ ok: 0, warning: 1, bad: 2 }[state], { part: name });
  });
}

/** A process has one event loop, and watching it costs a timer that nothing but its end stops: one is enough. */
let watched: ReturnType<typeof monitorEventLoopDelay> | undefined;

function eventLoopDelay(): NonNullable<typeof watched> {
  if (watched) return watched;
  watched = monitorEventLoopDelay({ resolution: 20 });
  watched.enable();
  return watched;
}

function processMetrics(page: Metrics): void {
  const delay = eventLoopDelay();
  page.gauge(
    'countersign_event_loop_delay_seconds',
    'Delay of the event loop since the last look.',
    (set) => {
      for (const quantile of [50, 99]) set(delay.percentile(quantile) / 1e9, { quantile: `p${quantile}` });
      set(delay.max / 1e9, { quantile: 'max' });
      delay.reset();
    },
  );
  page.gauge('countersign_memory_bytes', 'Memory of the process, by kind.', (set) => {
    const { rss, heapUsed, external } = process.memoryUsage();
    for (const [kind, bytes] of Object.entries({ rss, heap: heapUsed, external })) set(bytes, { kind });
  });
  page.gauge('countersign_signature_checks', 'Signatures checked since the start.', (set) =>
    set(cryptoWork.checked),
  );
  page.gauge('countersign_signatures_made', 'Signatures made since the start.', (set) =>
    set(cryptoWork.made),
  );
}
