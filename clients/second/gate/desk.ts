import type { Anchors } from '../check/anchors.ts';
import { type Bytes, same, unbase64url, unhex, Wrong } from '../check/bytes.ts';
import { type Item, write } from '../check/cbor.ts';
import { type Attestation, readAttestation, type Receipt, runsFirmwareOf } from '../check/device.ts';
import { bytes } from '../check/fields.ts';
import type { Key } from '../check/signed.ts';
import { type Gateway, Refused } from './gateway.ts';
import type { TabletKey } from './key.ts';
import { type Known, knownDevice } from './known.ts';
import type { Lists } from './lists.ts';
import { approve, itemOf, keyIn, signedBody } from './passkey.ts';
import { type BrokenGlass, openedGlass } from './glass.ts';
import { type OpenReview, openReviews, receiptOf } from './reviews.ts';
import { listIn, numberIn, object, placeIn, type Said, textIn } from './said.ts';
import { ANSWER, type Reply, Stream } from './stream.ts';

/** A change that somebody signed and that waits for a second person. Its new values are not in it. */
export interface Waiting {
  readonly id: string;
  readonly device: string;
  readonly deviceName: string;
  /** Who the hospital gave the device to, and where; undefined when it does not say. */
  readonly patient: { readonly name: string; readonly bed: string } | undefined;
  readonly operation: number;
  /** Codes of the settings that change. */
  readonly settings: readonly number[];
  readonly by: string;
  readonly reason: string;
  readonly order: string;
  /** In words; told only to who entered the same values, since people write values into it. */
  readonly note: string;
  /** Unix ms. */
  readonly expires: number;
  readonly attemptsLeft: number;
  /** By the gateway's word the values may be shown instead of being entered, and whether they were, to this person. */
  readonly primed: boolean;
  readonly shown: boolean;
}

/** A device as this page verified it. */
export interface Device extends Known {
  readonly now: Attestation;
  /** For so long it waits for a command at most (Unix ms). */
  readonly until: number;
}

/** When nobody can sign a change any more (Unix ms): the gateway keeps it for so long, and the device waits for so long. */
export const deadlineOf = ({ expires }: Pick<Waiting, 'expires'>, { until }: Pick<Device, 'until'>): number =>
  Math.min(expires, until);

const SESSION = 1;
const SCOPE = 'read command';
const CARRY_ON_MS = 50_000;
const NEW_KEY_TRIES = 15;

/** One person's session at the gateway, from this tablet. */
export class Desk {
  readonly anchors: Anchors;
  readonly stream: Stream;
  /** The person has signed a command, and nobody has said yet what became of it. */
  underWay = false;
  readonly #gateway: Gateway;
  readonly #certified: readonly Key[];
  readonly #lists: Lists;
  readonly #carryOn: number;

  private constructor(
    gateway: Gateway,
    stream: Stream,
    certified: readonly Key[],
    anchors: Anchors,
    lists: Lists,
  ) {
    this.#lists = lists;
    this.#gateway = gateway;
    this.stream = stream;
    this.#certified = certified;
    this.anchors = anchors;
    const renew = (): void => void gateway.ask('GET', '/v1/sessions/current').catch(() => undefined);
    this.#carryOn = window.setInterval(renew, CARRY_ON_MS);
  }

  /**
   * Opens a session: the person approves this tablet and what it may do with the signing passkey.
   *
   * @param made kid of a passkey that was made here: a new one takes the gateway some seconds to hear of
   */
  static async open(
    gateway: Gateway,
    tablet: TabletKey,
    anchors: Anchors,
    lists: Lists,
    made: Bytes | undefined,
  ): Promise<Desk> {
    const certified = await certifiedKeys(gateway, made);
    const detail = new Map<number, Item>([
      [1, tablet.thumbprint],
      [2, SCOPE],
    ]);
    const statement = await statementOf(gateway, SESSION, detail);
    const approval = await approve('session', statement, certified);
    await gateway.ask('POST', '/v1/sessions', signedBody(statement, approval));
    const { ticket } = object(await gateway.ask('POST', '/v1/stream-ticket', {}), 'ticket');
    return new Desk(
      gateway,
      await Stream.open(gateway.origin, String(ticket), unhex(BUILD)),
      certified,
      anchors,
      lists,
    );
  }

  /** What waits for a second person. Throws Refused or Away. */
  async waiting(): Promise<readonly Waiting[]> {
    const said = object(await this.#gateway.ask('GET', '/v1/drafts'), 'drafts');
    return listIn(said, 'drafts').map((one) => waitingOf(object(one, 'draft')));
  }

  /** Emergencies that wait for a review. Throws Refused or Away. */
  reviews(): Promise<readonly OpenReview[]> {
    return openReviews(this.#gateway);
  }

  /** Broken glass that waits for a review. Throws Refused or Away. */
  glass(): Promise<readonly BrokenGlass[]> {
    return openedGlass(this.#gateway);
  }

  /** What a device signed of an emergency, verified here. Throws Refused, Away or Wrong. */
  rescue(review: OpenReview, known: Known): Promise<Receipt> {
    return receiptOf(this.#gateway, review, known);
  }

  /** Has the person sign a statement, and hands it in. Throws NotSigned before anything was sent; later Refused or Away. */
  async state(purpose: number, detail: ReadonlyMap<number, Item>, path: string): Promise<void> {
    const statement = await statementOf(this.#gateway, purpose, detail);
    const { presence } = this.#gateway;
    const approval = await presence.own(() => approve('statement', statement, this.#certified));
    await this.#gateway.ask('POST', path, signedBody(statement, approval));
  }

  /** Says no, and why; whoever asked is told. Throws Refused or Away. */
  async decline({ id }: Waiting, reason: string): Promise<void> {
    await this.#gateway.ask('POST', `/v1/drafts/${id}/decline`, { reason });
  }

  /** What is known of a device without asking it. Throws Refused, Away or Wrong. */
  known(device: string): Promise<Known> {
    return knownDevice(this.#gateway, this.anchors, this.#lists, device);
  }

  /** Reads a device, and verifies what it says. Throws Refused, Away or Wrong. */
  async read(device: string): Promise<Device> {
    const known = await this.known(device);
    const { id, key } = known;
    const { kind, fields } = await this.#call('open', [id]);
    if (kind !== ANSWER.opened) throw new Wrong('the gateway answered something else');
    const now = await readAttestation(bytes(fields[0]), key);
    if (now.device.some((byte, i) => byte !== id[i])) throw new Wrong('another device answered');
    if (!runsFirmwareOf(known.profile, now))
      throw new Refused('E_FIRMWARE', 'the profile is not signed for this firmware');
    const until = Date.now() + now.ticksLeft * 1_000;
    return { ...known, now, until };
  }

  /** Hands a second entry in. Empty when it is the same, else the codes that differ and how many tries are left. */
  async enter(
    draft: string,
    command: Bytes,
  ): Promise<{ readonly differs: readonly number[]; readonly left: number }> {
    const { kind, fields } = await this.#call('enter', [draft, command]);
    if (kind === ANSWER.matched) return { differs: [], left: 0 };
    const [codes, left] = fields;
    if (kind !== ANSWER.differs || !Array.isArray(codes))
      throw new Wrong('the gateway answered something else');
    return { differs: codes.map(Number), left: Number(left) };
  }

  /** What the first person signed. From then on this is a primed check: the log has it already. Throws Refused or Away. */
  async show({ id }: Waiting): Promise<Bytes> {
    const said = object(await this.#gateway.ask('POST', `/v1/drafts/${id}/show`, {}), 'shown');
    return unbase64url(textIn(said, 'command'));
  }

  /** Signs a matched draft, by the kind of check that it was, and follows it to its end. Throws NotSigned before anything was sent; later Refused or Away. */
  async sign(
    draft: string,
    label: 'command' | 'primed',
    command: Bytes,
    stage: (name: string) => void,
  ): Promise<Reply> {
    const { presence } = this.#gateway;
    const approval = await presence.own(() => approve(label, command, this.#certified));
    this.underWay = true;
    try {
      stage('signed');
      return await this.#call('approve', [draft, itemOf(approval)], stage);
    } finally {
      this.underWay = false;
    }
  }

  /** Has the gateway ask the device what became of a command. */
  resolve(device: Device): Promise<Reply> {
    return this.#call('resolve', [device.id]);
  }

  #call(...asked: Parameters<Stream['call']>): Promise<Reply> {
    return this.#gateway.presence.own(() => this.stream.call(...asked));
  }

  /** Ends the session. What the gateway did not hear ends by itself a little later. */
  close(): void {
    window.clearInterval(this.#carryOn);
    void this.#gateway.ask('DELETE', '/v1/sessions/current').catch(() => undefined);
    this.stream.close();
    this.#gateway.left();
  }
}

/** A statement (protocol, section 3.8) over a fresh nonce of the gateway, ready to be signed. */
async function statementOf(
  gateway: Gateway,
  purpose: number,
  detail: ReadonlyMap<number, Item>,
): Promise<Bytes> {
  const { nonce } = object(await gateway.open('/v1/session-challenge'), 'nonce');
  const time = Math.floor(Date.now() / 1000);
  return write(new Map<number, Item>([[1, 1], [2, purpose], [3, time], [4, unbase64url(String(nonce))], [5, detail]])); // prettier-ignore
}

/** The signing keys of whoever is signed in, as the authority certified them. */
async function certifiedKeys(gateway: Gateway, made: Bytes | undefined): Promise<readonly Key[]> {
  for (let tries = NEW_KEY_TRIES; ; tries--) {
    const said = listIn(object(await gateway.ask('GET', '/v1/passkeys'), 'passkeys'), 'passkeys');
    const keys = await Promise.all(said.map((one) => keyIn(unbase64url(String(one)))));
    if (!made || tries === 0 || keys.some(({ kid }) => same(kid, made))) return keys;
    await new Promise((resolve) => window.setTimeout(resolve, 1_000));
  }
}

function waitingOf(said: Said): Waiting {
  return {
    id: textIn(said, 'id'),
    device: textIn(said, 'device'),
    deviceName: textIn(said, 'deviceName'),
    patient: placeIn(said),
    operation: numberIn(said, 'operation'),
    settings: listIn(said, 'settings').map(Number),
    by: said['byName'] === undefined ? textIn(said, 'by') : textIn(said, 'byName'),
    reason: textIn(said, 'reason'),
    order: textIn(said, 'order'),
    note: said['note'] === undefined ? '' : textIn(said, 'note'),
    expires: numberIn(said, 'expires'),
    attemptsLeft: numberIn(said, 'attemptsLeft'),
    primed: said['primed'] === true,
    shown: said['shown'] === true,
  };
}
