import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { folderLog, hashTiles, readEntries } from '../../clients/cli/log-source.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { beginOp, insertOp, moveOp } from '../../server/audit/log-rows.ts';
import { logEntry } from '../../server/audit/log-writer.ts';
import type { IndexFilter } from '../../server/edge/desks/audit-desk.ts';
import { AuditIndex } from '../../server/gateway/audit/search.ts';
import { type Bytes, hex } from '../../server/protocol/encoding/bytes.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { leafHash, nodeHash } from '../../server/protocol/log/merkle.ts';
import { parseVkey } from '../../server/protocol/log/note.ts';
import { verifyLog } from '../../server/protocol/verify-log.ts';
import { openStore } from '../../server/store/store.ts';
import { testSigner } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { writeLog } from '../support/log-folder.ts';
import type { Findings } from './report.ts';
import { median, pause, quantile } from './stats.ts';

const ENTRIES = 1_000_000;
const OFFLINE = 100_000;
/** A single round is as good as the moment it had the processor. */
const ROUNDS = 11;
const LOT = 2_000;
const ASKED = 300;
const START = 1_790_000_000_000;

const { sha256 } = nodeCrypto;
const id = (name: string, size: number): Bytes => sha256(new TextEncoder().encode(name)).slice(0, size);

/** What a ward logs: most of it announcements and outcomes, of many devices and people, with what goes wrong now and then. */
function entryAt(index: number): Entry {
  const [story, part] = [Math.floor(index / 2), index % 2];
  const device = id(`device ${story % 400}`, 8);
  const command = id(`command ${story}`, 32);
  const kids = [
    id(`person ${story % 150}`, 16),
    ...(story % 5 === 0 ? [id(`person ${(story * 7) % 150}`, 16)] : []),
  ];
  const time = START + index * 1_000;
  if (story % 40 === 39)
    return {
      type: 'refused',
      time,
      code: story % 80 === 39 ? 'E_LIMIT' : 'E_LOCKED',
      device,
      command: id(`command ${index}`, 32),
      kids,
    };
  const tier = kids.length;
  if (part === 0)
    return {
      type: 'intent',
      time,
      device,
      command,
      kids,
      tier,
      commitments: [command],
      link: (story % 2) + 1,
      detail: `reader-${story % 30}`,
    };
  const number = Math.floor(story / 400) + 1;
  return {
    type: 'outcome',
    time,
    device,
    command,
    index: index - 1,
    result: story % 100 === 0 ? 2 : 1,
    digest: command,
    number,
  };
}

/** Filters as people combine them: none, one that finds nearly nothing, one that finds half of everything, several at once, and places far down a list. */
function filterAt(n: number): IndexFilter {
  const base = { rows: 'commands', witnessed: ENTRIES } as const;
  const device = hex(id(`device ${n % 400}`, 8));
  const kid = hex(id(`person ${n % 150}`, 16));
  const day = { from: START + n * 1_000_000, to: START + n * 1_000_000 + 86_400_000 };
  const filters: readonly IndexFilter[] = [
    base,
    { ...base, devices: [device] },
    { ...base, kids: [kid] },
    { ...base, tier: 2 },
    { ...base, code: 'E_LOCKED' },
    { ...base, ...day },
    { ...base, place: `reader-${n % 30}` },
    { ...base, outcome: 'applied', link: 2, place: `reader-${n % 30}` },
    { ...base, kids: [kid], tier: 2, ...day },
    { ...base, text: { hash: hex(id(`command ${n}`, 4)), devices: [], number: undefined } },
    { ...base, second: 'none', outcome: 'applied-modified' },
    { ...base, proof: 'open' },
    { ...base, before: ENTRIES / 2 },
    { ...base, link: 1 },
    { ...base, second: 'blind' },
    { ...base, proof: 'witnessed', action: 'command' },
    { ...base, from: START, to: START + ENTRIES * 800 },
    { ...base, text: { hash: undefined, devices: [], number: n * 1_000 } },
    { ...base, skip: ENTRIES / 4 },
    { ...base, tier: 2, skip: ENTRIES / 25 },
    { ...base, ...day, skip: 1_000 },
  ];
  return filters[n % filters.length] ?? base;
}

/** Every filter over a million entries, from the thread that answers; and how long its index takes to be made. */
async function filters(folder: string): Promise<Findings> {
  const store = openStore(join(folder, 'audit'));
  for (let from = 0; from < ENTRIES; from += LOT) {
    const ops = Array.from({ length: LOT }, (_, i) => {
      const entry = logEntry(entryAt(from + i));
      return insertOp(from + i, entry, leafHash(sha256, entry.bytes));
    });
    await store.write([
      ...(from === 0 ? [beginOp('note')] : []),
      ...ops,
      moveOp(1, from, from + LOT, 'note'),
    ]);
  }
  const index = new AuditIndex(store.file);
  try {
    const began = performance.now();
    for (;;) {
      const { indexed } = await index.ask('search', { rows: 'all', witnessed: 0, limit: 1 });
      if (indexed === ENTRIES) break;
      await pause(100);
    }
    const made = (performance.now() - began) / 1_000;
    const times: number[] = [];
    for (let n = 0; n < ASKED; n++) {
      const asked = performance.now();
      await index.ask('search', filterAt(n));
      times.push(performance.now() - asked);
    }
    return {
      auditFilterP95MsAt1e6: quantile(times, 0.95),
      auditFilterP50MsAt1e6: median(times),
      auditIndexSecondsAt1e6: made,
    };
  } finally {
    await index.stop();
    await store.stop();
  }
}

/** A log verified from disk, beside the hashes and signatures alone that it cannot do without, in turns. */
async function offline(folder: string): Promise<Findings> {
  const log = new TestLog();
  for (let i = 0; i < OFFLINE; i++) log.append(entryAt(i));
  const at = join(folder, 'log');
  const checkpoint = await log.checkpoint(1_790_000_000);
  writeLog(at, { checkpoint, entries: log.entries });
  const trust = {
    log: { origin: log.origin, vkey: log.vkey },
    witnesses: { k: 1, vkeys: [log.witnessVkey] },
  };
  const key = parseVkey(sha256, log.vkey).key;
  const signer = testSigner('log', key.alg);
  const signature = await signer.sign(id('message', 32));
  const [ours, limit]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round++) {
    let began = performance.now();
    const leaf = id('leaf', 32);
    for (const entry of log.entries) {
      leafHash(sha256, entry);
      nodeHash(sha256, leaf, leaf);
    }
    for (let i = 0; i < 2; i++) await nodeCrypto.verify(key, id('message', 32), signature);
    limit.push(performance.now() - began);
    began = performance.now();
    const read = folderLog(at);
    const report = await verifyLog(nodeCrypto, {
      entries: readEntries(read, OFFLINE),
      checkpoints: [checkpoint],
      hashTile: hashTiles(read, OFFLINE),
      trust,
    });
    if (report.verdict !== 'VERIFIED') throw new Error('the log of the benchmark does not verify');
    ours.push(performance.now() - began);
  }
  // Each round against its own limit: both had the same neighbours.
  const ratios = ours.map((time, round) => (limit[round] ?? 0) / time);
  return { offlineVsHashLimit: median(ratios), offlineSecondsAt1e5: median(ours) / 1_000 };
}

/** What an auditor waits for. */
export async function audit(parent: string): Promise<Findings> {
  const folder = await mkdtemp(join(parent, 'audit-'));
  try {
    return { ...(await offline(folder)), ...(await filters(folder)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
