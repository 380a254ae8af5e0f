import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Proof, ProvenCredential } from '../../server/protocol/bundle.ts';
import type { Attestation } from '../../server/protocol/attestation.ts';
import { type Bytes } from '../../server/protocol/encoding/bytes.ts';
import { parseAnswer } from '../../server/protocol/link/wire.ts';
import { signJwt, TabletKey } from '../common/link/dpop.ts';
import { nodeCrypto } from '../common/process/crypto.ts';
import { copyLog } from '../ward/demo-ward.ts';
import { proofOf } from '../ward/stolen-log.ts';
import { askHttp, type HttpAnswer, type HttpAsk } from '../common/link/http.ts';
import type { Clinician, OpenDevice } from '../ward/clinician.ts';
import { ISSUER_NAME, PROGRAM } from '../ward/plan.ts';
import { loginOf, people, type PersonName, signs } from '../ward/people.ts';
import { softwarePasskey } from '../ward/passkey.ts';
import { takeSeat } from '../ward/seats.ts';
import { audienceOf, signInAt, type TokenSource } from '../ward/sign-in.ts';
import { refused, succeeded, type Try } from './case.ts';
import { type Looked, lookedAt } from './device-watch.ts';
import { Forger } from './forge.ts';
import { Hands, TLS_KEY } from './hands.ts';
import type { Honest } from './honest.ts';
import type { Party } from './parties.ts';
import type { AttackWard } from './ward.ts';
import { codeOf, therapy } from './answers.ts';
import { WardMemory, type Wire } from './ward-memory.ts';

export const TARGET = 'pump-1';
export const IMPLANT = 'pacemaker-1';
/** A device that was turned away often waits up to 15 s before it dials again. */
const CONTACT_MS = 25_000;
/** Whoever waits this long for an implant lifts it and lays it down again. */
const LAY_AGAIN_MS = 8_000;
const OBJECT = z.record(z.string(), z.unknown());
/** The policy's cool-down after a change, and a little. */
const COOL_DOWN_MS = 1_300;
const DEVICES = z.object({
  devices: z.array(z.object({ id: z.string(), name: z.string(), connected: z.boolean() })),
});

/** One attacker in one ward: what it can reach, with the hands it has. */
export class Lab {
  readonly ward: AttackWard;
  readonly honest: Honest;
  readonly hands: Hands;
  readonly forger: Forger;
  /** Every answer the attacker got over HTTP, for the search for canaries. */
  readonly heard: string[];
  readonly #memory: WardMemory;

  constructor(ward: AttackWard, honest: Honest, party: Party, memory: WardMemory) {
    this.ward = ward;
    this.honest = honest;
    this.#memory = memory;
    this.heard = memory.heard;
    this.hands = new Hands(ward.folder, party);
    const witnessUrl = `https://127.0.0.1:${ward.port('witness')}`;
    const once = () =>
      memory.stolenLog(['gateway/', 'keys/gateway/log.key.pem'].map((path) => this.hands.has(path)).join());
    this.forger = new Forger({ hands: this.hands, honest, folder: ward.folder, witnessUrl, once });
    ward.skin.issued = (certificate) => this.#issued(certificate).catch(() => undefined);
  }

  /** The same ward, attacked by somebody else. */
  as(party: Party): Lab {
    return new Lab(this.ward, this.honest, party, this.#memory);
  }

  path(...parts: string[]): string {
    return join(this.ward.folder, ...parts);
  }

  /** Somebody honest, signed in at their own tablet. */
  person(name: PersonName): Promise<Clinician> {
    return this.#memory.person(name, () =>
      takeSeat(this.ward.folder, name, this.ward.port('gateway-clinicians')),
    );
  }

  /** Whoever signs in next under this name does so anew. */
  forget(name: PersonName): void {
    this.#memory.forget(name);
  }

  get gatewayHost(): string {
    return `gate.localhost:${this.ward.port('gateway-clinicians')}`;
  }

  get origin(): string {
    return people(this.ward.folder)['dr-a'].origin;
  }

  /** Asks the gateway anything, in any way. */
  async ask(path: string, asked: HttpAsk = {}): Promise<HttpAnswer> {
    const answer = await askHttp(`http://${this.gatewayHost}${path}`, asked);
    this.heard.push(answer.body);
    return answer;
  }

  /** Where somebody's real tokens come from: what was stolen with a session. */
  tokensOf(name: PersonName): TokenSource {
    return this.#memory.tokensOf(name, () => this.#signIn(name));
  }

  get tokens(): TokenSource {
    return this.tokensOf('dr-a');
  }

  /** The tablet key of dr-a, as the attacker has it. */
  get tablet(): TabletKey {
    return new TabletKey(this.hands.pem('keys/tablets/tablet-dr-a/dpop.key.pem'));
  }

  /** Somebody's own tablet, in their own hands. */
  tabletOf(name: PersonName): TabletKey {
    return new TabletKey(readFileSync(this.path(`keys/tablets/tablet-${name}/dpop.key.pem`), 'utf8'));
  }

  get gateway(): string {
    return `http://127.0.0.1:${this.ward.port('gateway-clinicians')}`;
  }

  /** The pump, with the attacker in the place of its gateway; the real one is stopped. */
  async wire(): Promise<Wire> {
    this.hands.has(TLS_KEY);
    return this.#memory.wire(async () => this.ward.network.impersonate(await this.hands.gatewayMask()));
  }

  /** Opens the pump over the wire and believes what it signed; undefined when it will not talk. */
  async attested(): Promise<Attestation | undefined> {
    const wire = await this.wire();
    if ('hungUp' in wire) return undefined;
    const answer = await wire.request({ kind: 'open' });
    if (answer.kind !== 'attestation') throw new Error(`the pump does not open: ${codeOf(answer)}`);
    return this.honest.believe(TARGET, answer.attestation);
  }

  /** Delivers a bundle and judges by what the pump attests afterwards, not by what it answers. */
  async deliver(what: string, bundle: Bytes, companion?: Bytes): Promise<Try> {
    const wire = await this.wire();
    if ('hungUp' in wire) return hungUp(what);
    const before = await this.attested();
    const answer = await wire.request({ kind: 'deliver', bundle, ...(companion && { companion }) });
    if (answer.kind === 'receipt') this.#memory.receipts++;
    const after = await this.attested();
    return before && after && therapy(before) !== therapy(after)
      ? succeeded(what, 'device', 'the therapy changed')
      : refused(what, 'device', codeOf(answer));
  }

  /** A message that is not answered; nothing when the pump will not talk. */
  async tell(message: Bytes): Promise<void> {
    const wire = await this.wire();
    if (!('hungUp' in wire)) await wire.tell(message);
  }

  /** Any message of the device protocol; succeeds when the pump's state is another afterwards. */
  async say(what: string, message: Bytes): Promise<Try> {
    const wire = await this.wire();
    if ('hungUp' in wire) return hungUp(what);
    const before = await this.attested();
    const answer = parseAnswer(await wire.send(message));
    if (answer.kind === 'receipt') this.#memory.receipts++;
    const after = await this.attested();
    return before && after && therapy(before) !== therapy(after)
      ? succeeded(what, 'device', 'the state changed')
      : refused(what, 'device', codeOf(answer));
  }

  /** Waits until a device is in contact, and has somebody honest open it. */
  async open(device: string, name: PersonName = 'dr-a'): Promise<OpenDevice> {
    const who = await this.person(name);
    const end = Date.now() + CONTACT_MS;
    let again = Date.now() + LAY_AGAIN_MS;
    for (;;) {
      const { devices } = DEVICES.parse(await who.get('/v1/devices'));
      const found = devices.find((each) => each.name === device);
      if (found?.connected === true) return who.open(found.id);
      if (Date.now() > end) throw new Error(`${device} is not in contact`);
      if (Date.now() > again && device === IMPLANT) {
        this.ward.skin.giveBack();
        again = Date.now() + LAY_AGAIN_MS;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The pump as it attests itself: to somebody honest while the gateway is there, over the attacker's wire later. */
  async look(): Promise<Looked | undefined> {
    const said = this.#memory.wired ? await this.attested() : (await this.open(TARGET)).attestation;
    return said && lookedAt(said);
  }

  /** An attack that is over has looked at the implant itself. */
  sawImplant(said: Attestation): void {
    this.#memory.implant = lookedAt(said);
  }

  /** Honest people changed the pump within this attack: what it is now is what it should be. */
  async settle(): Promise<void> {
    if (!this.#memory.wired) await new Promise((resolve) => setTimeout(resolve, COOL_DOWN_MS));
    this.#memory.settled(await this.look());
  }

  /** A token for dr-a by the issuer's key, as far as the attacker has that one, bound to the tablet it has. */
  async forgedToken(): Promise<string> {
    const real = await this.tokens.token(this.tabletOf('dr-a').jkt);
    const [header, claims] = real
      .split('.', 2)
      .map((part) => OBJECT.parse(JSON.parse(Buffer.from(part, 'base64url').toString())));
    const secret = createPrivateKey(this.hands.pem('keys/issuer/token.key.pem'));
    return signJwt({ ...header }, { ...claims, cnf: { jkt: this.tablet.jkt } }, secret);
  }

  /** dr-a's certificate with its place in the log, as every command of dr-a carries it. */
  async rescuer(): Promise<ProvenCredential> {
    this.#memory.rescuer ??= await this.#proven();
    return this.#memory.rescuer;
  }

  async #proven(): Promise<ProvenCredential> {
    const credential = this.forger.credential('dr-a');
    return { credential, proof: await this.#issued(credential) };
  }

  /** What any auditor could show of a credential. Throws Error for one that was never issued in the open. */
  async #issued(certificate: Bytes): Promise<Proof> {
    const entries = await copyLog(await this.person('auditor'), this.path('copies', 'issued'));
    const checkpoint = readFileSync(this.path('copies', 'issued', 'checkpoint'), 'utf8');
    return proofOf(entries, nodeCrypto.sha256(certificate), checkpoint);
  }

  /** The pump as an honest clinician opens it now; undefined when that does not go. */
  openOnce(device: string): Promise<OpenDevice | undefined> {
    const patience = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 6_000));
    return Promise.race([this.open(device).catch(() => undefined), patience]);
  }

  /** Does the gateway say that it is in contact? */
  async connected(device: string): Promise<boolean> {
    const { devices } = DEVICES.parse(await (await this.person('dr-a')).get('/v1/devices'));
    return devices.find(({ name }) => name === device)?.connected === true;
  }

  /** Everything that the processes printed so far. */
  printed(): Buffer {
    return this.kept('logs');
  }

  /** Everything in a folder of the ward. */
  kept(folder: string): Buffer {
    if (!existsSync(this.path(folder))) return Buffer.alloc(0);
    const files = readdirSync(this.path(folder), { recursive: true, withFileTypes: true });
    return Buffer.concat(
      files.filter((file) => file.isFile()).map((file) => readFileSync(join(file.parentPath, file.name))),
    );
  }

  /** Signs somebody in once more. Throws Refusal. */
  async signInAgain(name: PersonName): Promise<void> {
    const who = await takeSeat(this.ward.folder, name, this.ward.port('gateway-clinicians'));
    who.close();
  }

  /** Another number each time: a device answers a command it has seen with the receipt it gave then. */
  get next(): number {
    return this.#memory.count++;
  }

  /** Switches the pump off and on. */
  async powerCycle(name = TARGET): Promise<void> {
    await this.ward.running.stopOne(name);
    await this.ward.running.startOne(name);
    if (name === TARGET) this.#memory.powerless = true;
  }

  #signIn(name: PersonName): TokenSource {
    const issuer = `http://${ISSUER_NAME}:${this.ward.port('issuer')}`;
    const key = this.tabletOf(name);
    return signInAt({
      issuer,
      ...PROGRAM,
      audience: audienceOf(this.gatewayHost),
      scope: signs(name) ? 'read command' : 'read',
      login: softwarePasskey(loginOf(this.ward.folder, name, issuer)),
      key,
    });
  }
}

const hungUp = (what: string): Try => refused(what, 'device', 'E_TLS_PEER');
