import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { tabletKeyOf } from '../../certs/tablets.ts';
import { TabletKey } from '../../clients/common/link/dpop.ts';
import type { Stream } from '../../clients/common/link/stream.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { openSession, openStream } from '../../clients/ward/clinician.ts';
import { GatewayHttp } from '../../clients/ward/gateway-http.ts';
import { type SoftwarePasskey, softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { wardTokens } from '../support/ward-tokens.ts';
import { type Anchors, readAnchors } from '../../server/protocol/anchors.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { unbase64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { challengeFor, OPERATION } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/encoding/cose-key.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import type { Live } from '../../server/protocol/telemetry/live.ts';
import type { MonitorWish } from '../../server/protocol/telemetry/monitor-wish.ts';
import { openProfile, type Parameter, type Profile } from '../../server/protocol/profile.ts';
import { prepareCommand, verifySealed } from '../../server/protocol/seal.ts';
import { deviceFile } from './bench-ward.ts';

const { sha256 } = nodeCrypto;

/** A device with its screen open: what a tablet verified once and keeps. */
export interface Screen {
  readonly id: Uint8Array;
  readonly identity: PublicKey;
  readonly profile: Profile;
  readonly profileHash: Uint8Array;
  readonly patient: { readonly mrn: string; readonly birthYear: number };
  /** Settings of low risk that can still be changed in this hour, each with the steps it has left. */
  readonly left: { readonly parameter: Parameter; steps: number }[];
}

/** Milliseconds of one ceremony, measured at the tablet. */
export interface Timing {
  readonly open: number;
  /** From the last signature to the sealed receipt. */
  readonly sealed: number;
  /** From the checks passed to the command being durable and witnessed. */
  readonly logged: number;
}

/** One clinician at several tablets, each with its own stream. */
export class Desk {
  readonly #anchors: Anchors;
  readonly #passkey: SoftwarePasskey;
  readonly #streams: Stream[] = [];
  readonly #folder: string;
  readonly #port: number;
  #http: GatewayHttp | undefined;
  #next = 0;

  constructor(folder: string, gatewayPort: number) {
    this.#folder = folder;
    this.#port = gatewayPort;
    this.#passkey = softwarePasskey(people(folder)['dr-a']);
    this.#anchors = readAnchors(nodeCrypto, this.#bytes('anchors.bin'));
  }

  #bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#folder, 'keys/public', name)));
  }

  /** Signs in at tablets with up to four streams each. */
  async signIn(tablets: readonly string[], streamsEach: number): Promise<void> {
    const { origin } = people(this.#folder)['dr-a'];
    const host = `gate.localhost:${this.#port}`;
    const tokens = wardTokens(this.#folder, 'dr-a', host);
    for (const name of tablets) {
      const key = new TabletKey(readFileSync(join(this.#folder, 'keys', tabletKeyOf(name)), 'utf8'));
      const gateway = `http://127.0.0.1:${this.#port}`;
      const http = new GatewayHttp({ gateway, host, origin, key, tokens });
      await openSession({ passkey: this.#passkey, key, tokens }, http);
      http.carryOn();
      for (let i = 0; i < streamsEach; i++) this.#streams.push(await openStream({ gateway, origin }, http));
      this.#http ??= http;
    }
  }

  /** Opens the screen of a device: profile and identity, verified with this tablet's own anchors. */
  async screen(name: string): Promise<Screen> {
    const { id } = deviceFile(this.#folder, name);
    const detail = await this.#http?.json('GET', `/v1/devices/${id}`);
    const identity = parseCoseKey(sha256, unbase64url(string(detail, 'identity')), 'identity');
    const bytes = unbase64url(string(detail, 'profile'));
    const { profile, hash } = await openProfile(nodeCrypto, bytes, [this.#anchors.profileMaker]);
    const patient = PATIENTS.parse(
      JSON.parse(readFileSync(join(this.#folder, 'keys/ward/patients.json'), 'utf8')),
    ).find(({ device }) => device === name);
    if (!patient) throw new Error(`nobody has ${name}`);
    const left = profile.parameters
      .filter(({ risk, programmed, step }) => risk === 1 && programmed && step > 0)
      .map((parameter) => ({ parameter, steps: Math.floor(parameter.window.sum / parameter.step) - 1 }));
    return { id: unhex(id), identity, profile, profileHash: hash, patient, left };
  }

  /** Live values of these devices, as a screen gets them. */
  watch(wish: MonitorWish, tell: (live: Live) => void): void {
    this.#streams[0]?.monitor(wish, tell);
  }

  /** One whole ceremony: open, verify, build, sign, send, verify the sealed outcome. Throws when it is not done. */
  async ceremony(screen: Screen): Promise<Timing> {
    const stream = this.#streams[this.#next++ % this.#streams.length];
    if (!stream) throw new Error('nobody is signed in');
    const opening = performance.now();
    const reply = await stream.call({ kind: 'open', device: screen.id });
    if (reply.kind !== 'opened') throw new Error(`expected an attestation, got ${reply.kind}`);
    const attestation = await openAttestation(nodeCrypto, reply.attestation, screen.identity);
    const opened = performance.now();
    const change = screen.left.find(({ steps }) => steps > 0);
    if (!change) throw new Error('nothing of low risk is left to change in this hour: use more devices');
    change.steps--;
    const { code, nominal, step } = change.parameter;
    const value = attestation.settings.get(code) === nominal ? nominal + step : nominal;
    const { bytes } = prepareCommand(
      sha256,
      { attestation, profile: screen.profile, profileHash: screen.profileHash },
      screen.patient,
      { operation: OPERATION.program, changes: new Map([[code, value]]) },
    );
    const approval = await this.#passkey.approve(challengeFor(sha256, 'command', bytes));
    const signed = performance.now();
    const at = new Map<string, number>();
    const context = { reason: 'titration', note: '', order: 'ORD-1' };
    const sealed = await stream.call({ kind: 'sign', command: bytes, approval, context }, (stage) =>
      at.set(stage, performance.now()),
    );
    if (sealed.kind !== 'sealed') throw new Error(`expected an outcome, got ${sealed.kind}`);
    const outcome = await verifySealed(nodeCrypto, bytes, sealed.sealed, screen.identity, this.#anchors);
    if (outcome.kind !== 'done') throw new Error(`the device refused with ${outcome.code}`);
    return {
      open: opened - opening,
      sealed: performance.now() - signed,
      logged: (at.get('logged') ?? NaN) - (at.get('checked') ?? NaN),
    };
  }
}

const PATIENTS = z.array(z.object({ device: z.string(), mrn: z.string(), birthYear: z.number() }));
const string = (value: unknown, key: string): string => {
  const { data } = z.record(z.string(), z.unknown()).safeParse(value);
  const found = data?.[key];
  if (typeof found !== 'string') throw new Error(`the gateway gave no ${key}`);
  return found;
};
