import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderState } from '../../clients/witness/state.ts';
import { serveWitness } from '../../clients/witness/server.ts';
import { type Witness as WitnessLogic, openWitness } from '../../clients/witness/witness.ts';
import { nodeCrypto, signerFromPem } from '../../clients/common/process/crypto.ts';
import { type LogEntry, type Sequencer, openSequencer } from '../../server/audit/sequencer.ts';
import { type Transport, type Witness, witnessClient } from '../../server/audit/witness-client.ts';
import * as gatewayCrypto from '../../server/crypto.ts';
import { utf8 } from '../../server/protocol/encoding/bytes.ts';
import type { Signer } from '../../server/protocol/crypto.ts';
import { LOG_KEY, WITNESS_KEY, encodeVkey } from '../../server/protocol/log/note.ts';
import { type Store, openStore } from '../../server/store/store.ts';

export const ORIGIN = 'log.example/ward';
export const { sha256 } = nodeCrypto;

export function newSigner(): Signer {
  return signerFromPem(
    generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  );
}

export interface TestWitness {
  readonly vkey: string;
  /** The witness as the gateway sees it; `down` makes it unreachable, `delay` (ms) slow. */
  readonly client: Witness;
  readonly logic: () => WitnessLogic;
  down: boolean;
  delay: number;
  readonly requests: string[];
}

export interface World {
  readonly folder: string;
  readonly logSigner: Signer;
  readonly logKey: string;
  readonly witnesses: readonly TestWitness[];
  openStore(name?: string): Store;
  openLog(store: Store, options?: { k?: number; quorumWait?: number }): Promise<Sequencer>;
  /** Ends everything and removes the folder. */
  end(): Promise<void>;
}

/** A log key and witnesses that listen on loopback, each with its own folder. */
export async function world(count = 1): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'cs-log-'));
  const logSigner = newSigner();
  const logKey = encodeVkey(sha256, ORIGIN, LOG_KEY, logSigner.key.raw);
  const ends: (() => Promise<void>)[] = [];
  const witnesses: TestWitness[] = [];
  for (let i = 0; i < count; i++) {
    const { witness, stop } = await newWitness(folder, logKey, `witness-${i}.example`);
    witnesses.push(witness);
    ends.push(stop);
  }
  return {
    folder,
    logSigner,
    logKey,
    witnesses,
    openStore: (name = 'store') => {
      const store = openStore(join(folder, name));
      ends.push(() => store.stop());
      return store;
    },
    openLog: async (store, { k = 1, quorumWait } = {}) => {
      const log = await openSequencer({
        store,
        signer: logSigner,
        origin: ORIGIN,
        witnesses: witnesses.map(({ client }) => client),
        policy: { k },
        crypto: gatewayCrypto.nodeCrypto,
        ...(quorumWait !== undefined && { quorumWait }),
      });
      ends.push(() => log.stop());
      return log;
    },
    end: async () => {
      for (const end of ends.toReversed()) await end().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function newWitness(folder: string, logKey: string, name: string) {
  const signer = newSigner();
  const vkey = encodeVkey(sha256, name, WITNESS_KEY, signer.key.raw);
  const logic = await openWitness({
    logs: [{ origin: ORIGIN, vkey: logKey }],
    name,
    signer,
    state: folderState(join(folder, name)),
    crypto: nodeCrypto,
    now: Date.now,
  });
  const server = createServer();
  const { port, stop } = await serveWitness(server, logic, { host: '127.0.0.1', port: 0 }, () => undefined);
  const transport: Transport = async ({ method, path, body }) => {
    if (witness.delay > 0) await new Promise((resolve) => void setTimeout(resolve, witness.delay));
    if (witness.down) throw new Error('it is down');
    if (method === 'POST') witness.requests.push(body ?? '');
    const answer = await fetch(`http://127.0.0.1:${port}/${path}`, { method, ...(body && { body }) });
    return { status: answer.status, body: await answer.text() };
  };
  const witness: TestWitness = {
    vkey,
    client: witnessClient(nodeCrypto, ORIGIN, vkey, transport),
    logic: () => logic,
    down: false,
    delay: 0,
    requests: [],
  };
  return { witness, stop };
}

let serial = 0;
export function entry(text = `entry ${serial++}`): LogEntry {
  return { type: 2, time: 1_700_000_000_000 + serial, bytes: utf8(text) };
}
