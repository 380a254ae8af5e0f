import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';

/** The settings the doctor looks at; whether all of them are right, the gateway itself says. */
const CONFIG = z.looseObject({
  folder: z.string(),
  keys: z.string(),
  trust: z.string(),
  hospital: z.string(),
  ports: z.looseObject({ devices: z.int(), clinicians: z.int() }),
  hostnames: z.looseObject({ devices: z.string(), clinicians: z.string() }),
  origins: z.array(z.string()).default([]),
  witnesses: z.array(z.looseObject({ name: z.string(), url: z.string(), vkey: z.string() })),
  issuer: z.looseObject({ url: z.url(), jwks: z.string().optional() }).optional(),
  authority: z.looseObject({ url: z.url(), ca: z.string() }).optional(),
});

/** Where the gateway lives that is examined. */
export interface Place {
  readonly file: string;
  readonly config: z.infer<typeof CONFIG>;
  /** The simulated ward's folder; undefined for a gateway of its own. */
  readonly ward: string | undefined;
  /** The socket of the reader station's PC/SC service; undefined without a station. */
  readonly pcscSocket: string | undefined;
  /** The reader station beside it. */
  readonly station: z.infer<typeof STATION> | undefined;
  /** Does the ward's lock name a process that still runs? */
  readonly lock: 'none' | 'held' | 'stale';
}

const STATION = z.looseObject({
  pcscSocket: z.string().optional(),
  label: z.string(),
  cert: z.string(),
  emergency: z.looseObject({ linkCredential: z.string() }).optional(),
});
const LOCK = z.object({ pid: z.int().positive(), started: z.string() });
export const PCSC_SOCKET = '/run/pcscd/pcscd.comm';

/** Finds the gateway's configuration: a file, or the one of a ward. Throws Error with one readable sentence. */
export function findPlace(where: { readonly dir: string; readonly config?: string | undefined }): Place {
  const ward = where.config === undefined ? resolve(where.dir) : undefined;
  const file = where.config ?? join(resolve(where.dir), 'config', 'gateway.json');
  if (!existsSync(file)) {
    throw new Error(
      ward === undefined
        ? `${file} is not there`
        : `there is no ward in ${ward}; npm start makes one, --dir names another, --config a gateway's own file`,
    );
  }
  const read = CONFIG.safeParse(readJson(file));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`${file}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'cannot be read'}`);
  }
  const station = join(dirname(file), 'reader-station.json');
  const named = existsSync(station) ? STATION.safeParse(readJson(station)).data : undefined;
  return {
    file,
    config: read.data,
    ward,
    pcscSocket: named && (named.pcscSocket ?? PCSC_SOCKET),
    station: named,
    lock: ward === undefined ? 'none' : lockOf(join(ward, 'ward.lock')),
  };
}

function lockOf(file: string): Place['lock'] {
  if (!existsSync(file)) return 'none';
  const lock = LOCK.safeParse(readJson(file)).data;
  if (lock === undefined) return 'stale';
  try {
    process.kill(lock.pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return 'stale';
  }
  if (process.platform !== 'linux') return 'held';
  return startOf(lock.pid) === lock.started ? 'held' : 'stale';
}

/** Clock tick at which a process started: two processes with one pid do not share it. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
