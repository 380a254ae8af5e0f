import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { Stream } from '../../clients/common/link/stream.ts';
import { nodeCrypto } from '../../clients/common/process/crypto.ts';
import { type SoftwarePasskey, softwarePasskey } from '../../clients/ward/passkey.ts';
import { people } from '../../clients/ward/people.ts';
import { type Anchors, readAnchors } from '../../server/protocol/anchors.ts';
import { openAttestation } from '../../server/protocol/attestation.ts';
import { base64url, unbase64url, unhex } from '../../server/protocol/bytes.ts';
import { challengeFor, OPERATION } from '../../server/protocol/command.ts';
import { parseCoseKey } from '../../server/protocol/cose-key.ts';
import type { PublicKey } from '../../server/protocol/crypto.ts';
import { openProfile, type Parameter, type Profile } from '../../server/protocol/profile.ts';
import { prepareCommand, verifySealed } from '../../server/protocol/seal.ts';
import { encodeStatement } from '../../server/protocol/statement.ts';
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
  readonly #gateway: string;
  #token = '';
  #next = 0;

  constructor(folder: string, gatewayPort: number) {
    this.#folder = folder;
    this.#gateway = `http://127.0.0.1:${gatewayPort}`;
    this.#passkey = softwarePasskey(people(folder)['dr-a']);
    this.#anchors = readAnchors(nodeCrypto, this.#bytes('anchors.bin'));
  }

  #bytes(name: string): Uint8Array {
    return new Uint8Array(readFileSync(join(this.#folder, 'keys/public', name)));
  }

  /** Signs in at `tablets` tablets with up to four streams each. */
  async signIn(tablets: number, streamsEach: number): Promise<void> {
    const { origin } = people(this.#folder)['dr-a'];
    for (let tablet = 0; tablet < tablets; tablet++) {
      const name = `tablet-${tablet}`;
      const nonce = string(await this.#http(name, 'GET', '/v1/session-challenge'), 'nonce');
      const time = Math.floor(Date.now() / 1000);
      const detail = new Map<number, string>();
      const statement = encodeStatement({ purpose: 'session', time, nonce: unbase64url(nonce), detail });
      const approval = await this.#passkey.approve(challengeFor(sha256, 'session', statement));
      const body = {
        statement: base64url(statement),
        approval: {
          kid: base64url(approval.kid),
          authenticatorData: base64url(approval.authenticatorData),
          clientDataJSON: base64url(approval.clientDataJSON),
          signature: base64url(approval.signature),
        },
      };
      this.#token = string(await this.#http(name, 'POST', '/v1/sessions', body), 'token');
      for (let i = 0; i < streamsEach; i++) {
        const ticket = string(await this.#http(name, 'POST', '/v1/stream-ticket', {}), 'ticket');
        const stream = await Stream.connect({ gateway: this.#gateway, origin });
        await stream.call({ kind: 'hello', ticket });
        this.#streams.push(stream);
      }
    }
  }

  async #http(tablet: string, method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${this.#gateway}${path}`, {
      method,
      headers: {
        origin: people(this.#folder)['dr-a'].origin,
        'x-tablet': tablet,
        ...(this.#token !== '' && { authorization: `Bearer ${this.#token}` }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Opens the screen of a device: profile and identity, verified with this tablet's own anchors. */
  async screen(name: string): Promise<Screen> {
    const { id } = deviceFile(this.#folder, name);
    const detail = await this.#http('tablet-0', 'GET', `/v1/devices/${id}`);
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
