import { pino } from 'pino';

/**
 * The only facts a log line may carry. Closed on purpose: bytes, values, patient data and free objects have no
 * field here, so they cannot be logged by accident.
 */
export interface LogFields {
  readonly device?: string;
  readonly reader?: string;
  readonly name?: string;
  /** A member of staff, by the pseudonym in their credential. */
  readonly subject?: string;
  readonly code?: string | number;
  readonly reason?: string;
  readonly state?: string;
  readonly url?: string;
  readonly file?: string;
  readonly version?: string;
  readonly signal?: string;
  readonly port?: number;
  readonly pid?: number;
  readonly ms?: number;
  readonly count?: number;
  readonly size?: number;
  readonly index?: number;
  readonly attempt?: number;
}

const ALLOWED: ReadonlySet<string> = new Set<keyof LogFields>([
  'device', 'reader', 'name', 'subject', 'code', 'reason', 'state', 'url', 'file', 'version', 'signal',
  'port', 'pid', 'ms', 'count', 'size', 'index', 'attempt',
]); // prettier-ignore

/** Longer texts come from strangers or from stack traces; neither belongs in a log line. */
const MAX_TEXT = 300;

export interface Log {
  debug(event: string, fields?: LogFields): void;
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export interface LogTarget {
  readonly name: string;
  /** Default `info`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** A file to append to; standard error when left out. */
  readonly file?: string;
  /** Takes the lines instead of a file, for tests. */
  readonly write?: (line: string) => void;
}

/** A logger that writes one JSON object a line and drops every field that is not in {@link LogFields}. */
export function openLog(target: LogTarget): Log {
  const { write } = target;
  const sink = write === undefined ? pino.destination({ dest: target.file ?? 2, sync: true }) : { write };
  const logger = pino(
    { name: target.name, level: target.level ?? 'info', base: { name: target.name } },
    sink,
  );
  return {
    debug: (event, fields) => logger.debug(clean(fields), cut(event)),
    info: (event, fields) => logger.info(clean(fields), cut(event)),
    warn: (event, fields) => logger.warn(clean(fields), cut(event)),
    error: (event, fields) => logger.error(clean(fields), cut(event)),
  };
}

/** The types already refuse other fields; this holds for callers that got around them (a spread object). */
function clean(fields: LogFields | undefined): Record<string, string | number> {
  const out: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(fields ?? {})) {
    if (!ALLOWED.has(key)) continue;
    if (typeof value === 'string') out[key] = cut(value);
    else if (typeof value === 'number') out[key] = value;
  }
  return out;
}

function cut(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`;
}
