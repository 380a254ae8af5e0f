import { randomInt } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

// Below the range from which systems take ports for outgoing connections (32768 on Linux, 49152 elsewhere), so
// that a chosen port is not taken by a passing connection at the next start.
const FIRST = 20_000;
const LAST = 31_999;
const ATTEMPTS = 200;

/**
 * One loopback port for each name. Chosen at the first start and kept in `file`, because page origins, and with
 * them passkeys, belong to a port. Throws one Error that names every kept port somebody else uses now.
 */
export async function choosePorts(
  file: string,
  names: readonly string[],
  from: number = randomInt(FIRST, LAST - ATTEMPTS),
): Promise<ReadonlyMap<string, number>> {
  const kept = readPorts(file);
  const busy: string[] = [];
  const chosen: [string, number][] = [];
  let next = from;
  for (const name of names) {
    const before = kept.get(name);
    if (before !== undefined) {
      if (!(await isFree(before))) busy.push(`port ${before} (${name})`);
      chosen.push([name, before]);
      continue;
    }
    const taken = (port: number): boolean =>
      [...kept.values(), ...chosen.map(([, used]) => used)].includes(port);
    while (taken(next) || !(await isFree(next))) {
      next += 1;
      if (next > from + ATTEMPTS) throw new Error(`no free port between ${from} and ${next} on 127.0.0.1`);
    }
    chosen.push([name, next]);
    next += 1;
  }
  if (busy.length > 0) {
    throw new Error(
      `${busy.join(', ')} is used by another program. Stop that program, or delete ${file} to choose new ports ` +
        '(pages then have new addresses and their passkeys have to be registered again).',
    );
  }
  const all = Object.fromEntries([...kept, ...chosen]);
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  return new Map(chosen);
}

function readPorts(file: string): Map<string, number> {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return new Map(); // first start
  }
  const entries = typeof raw === 'object' && raw !== null ? Object.entries(raw) : [];
  return new Map(
    entries.flatMap(([name, port]: [string, unknown]) => (typeof port === 'number' ? [[name, port]] : [])),
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
