import * as z from 'zod/mini';
import { base64url, type Bytes, hex, unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { challengeFor, OPERATION, parseCommand } from '../../../server/protocol/command.ts';
import { openReceipt, readReceipt, type Receipt } from '../../../server/protocol/receipt.ts';
import { codeNamed, Refusal } from '../../../server/protocol/refusal.ts';
import { commandWords } from '../../../server/protocol/words.ts';
import { Unreachable } from '../../common/page/gate/gateway-http.ts';
import { read } from '../../common/page/gate/json.ts';
import type { Actions } from '../actions.ts';
import { knownDevice, type KnownDevice } from '../device/known-devices.ts';
import type { State, Trouble } from '../state.ts';
import { troubleOf } from '../trouble.ts';
import type { World } from '../../common/page/gate/world.ts';

/** The emergency safe mode, from the first press to what the device did. */
export type Emergency =
  | { readonly step: 'confirm'; readonly expects?: Expected }
  | { readonly step: 'looking'; readonly trouble?: Trouble }
  | { readonly step: 'two' }
  | (Offer & { readonly step: 'sign' | 'signing' | 'sending'; readonly trouble?: Trouble })
  | (Offer & { readonly step: 'done'; readonly receipt: Receipt; readonly checked: boolean })
  | (Offer & { readonly step: 'refused'; readonly trouble: Trouble });

/** The implant that this tablet expects on the reader, as it knows it from before. */
export interface Expected {
  /** EUI-64, hexadecimal. */
  readonly device: string;
  readonly known: KnownDevice;
}

interface Offer {
  readonly station: string;
  readonly card: number;
  readonly device: string;
  readonly command: Bytes;
  readonly words: string;
  /** What this tablet knows of the device from before; undefined for one it never met. */
  readonly known: KnownDevice | undefined;
  /** It is the device of the patient at hand. */
  readonly expected: boolean;
  /** It is not, and the person has said that they go on all the same. */
  readonly agreed?: true;
}

/** With another patient at hand nobody signs for whom the device is before they have said so. Nobody at hand: nothing is asked. */
export const asksWhose = (
  { patient, view }: Pick<State, 'patient' | 'view'>,
  { expected, agreed }: Pick<Offer, 'expected' | 'agreed'>,
): boolean => patient.value !== undefined && view.value.at !== 'locked' && !expected && !agreed;

const STATE = z.object({ cards: z.array(z.object({ card: z.number() })) });
const OFFERED = z.object({ device: z.string(), command: z.string() });
const ACTED = z.object({ receipt: z.string() });
const PROBLEM = z.object({ code: z.optional(z.string()) });
const LOOK_MS = 1_000;
const PATIENCE_MS = 15_000;

type EmergencyActions = Pick<
  Actions,
  'openEmergency' | 'confirmEmergency' | 'agreeEmergency' | 'signEmergency' | 'closeEmergency'
>;

/**
 * The way past everything: the reader station itself, one clinician, the device's own safe state. No gateway, no log and no
 * session is asked; the device checks the passkey.
 *
 * @param after told which device (hexadecimal) is in its safe mode now
 */
export function emergencyActions(
  { place, passkey, crypto, shelf }: World,
  state: State,
  after: (device: string) => void,
): EmergencyActions {
  let turn = 0;
  const now = (): Emergency | undefined => state.emergency.value;
  const say = (next: Emergency): void => void (state.emergency.value = next);

  /** Looks at every station of the site until exactly one device lies there. */
  const look = async (mine: number): Promise<void> => {
    if (mine !== turn || now()?.step === 'confirm') return;
    const found: { url: string; card: number }[] = [];
    let reached = 0;
    for (const { emergency: url } of place.stations) {
      const there = await ask(`${url}/v1/emergency`, STATE).catch(() => undefined);
      if (!there) continue;
      reached += 1;
      found.push(...there.cards.map(({ card }) => ({ url, card })));
    }
    if (mine !== turn) return;
    const [only] = found;
    if (only && found.length === 1) return open(mine, only);
    if (found.length > 1) say({ step: 'two' });
    else say(reached > 0 ? { step: 'looking' } : { step: 'looking', trouble: { kind: 'no-station' } });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    return look(mine);
  };
  const open = async (mine: number, { url, card }: { url: string; card: number }): Promise<void> => {
    try {
      const offered = await ask(`${url}/v1/emergency/open`, OFFERED, { card });
      if (mine !== turn) return;
      const command = unbase64url(offered.command);
      const { operation, changes, device } = parseCommand(command);
      // The station carries bytes; what they say is read here.
      if (operation !== OPERATION.safeMode || changes.size > 0 || hex(device) !== offered.device)
        throw new Refusal('E_CMD_HASH', 'the station offers something else than the safe mode');
      say({
        step: 'sign',
        station: url,
        card,
        device: offered.device,
        command,
        words: commandWords(crypto.sha256(command)),
        known: await knownDevice(shelf, crypto, offered.device),
        expected: state.patient.value?.assigned.some(({ id }) => id === offered.device) === true,
      });
    } catch (error) {
      if (mine !== turn) return;
      say({ step: 'looking', trouble: troubleOf(error) });
      setTimeout(() => void look(mine), LOOK_MS);
    }
  };
  return {
    async openEmergency() {
      const mine = ++turn;
      say({ step: 'confirm' });
      state.sheet.value = { kind: 'emergency' };
      const device = implantOf(state);
      const known = device && (await knownDevice(shelf, crypto, device).catch(() => undefined));
      if (known && mine === turn && now()?.step === 'confirm')
        say({ step: 'confirm', expects: { device, known } });
    },
    async confirmEmergency() {
      turn += 1;
      state.sheet.value = { kind: 'emergency' };
      say({ step: 'looking' });
      await look(turn);
    },
    agreeEmergency() {
      const offer = now();
      if (offer?.step === 'sign') say({ ...offer, agreed: true });
    },
    async signEmergency() {
      const offer = now();
      if (offer?.step !== 'sign' || asksWhose(state, offer)) return;
      const { station, card, command } = offer;
      const { trouble: _, ...plain } = offer;
      say({ ...plain, step: 'signing' });
      try {
        const approval = await passkey.approve(challengeFor(crypto.sha256, 'command', command));
        say({ ...plain, step: 'sending' });
        const acted = await ask(`${station}/v1/emergency/act`, ACTED, {
          card,
          command: base64url(command),
          approval: {
            kid: base64url(approval.kid),
            authenticatorData: base64url(approval.authenticatorData),
            clientDataJSON: base64url(approval.clientDataJSON),
            signature: base64url(approval.signature),
          },
        });
        const bytes = unbase64url(acted.receipt);
        const { known } = offer;
        const receipt = known ? await openReceipt(crypto, bytes, known.identity) : readReceipt(bytes);
        if (hex(receipt.command) !== hex(crypto.sha256(command)))
          throw new Refusal('E_CMD_HASH', 'a receipt for another command');
        if (receipt.code)
          say({ ...plain, step: 'refused', trouble: { kind: 'refused', code: receipt.code } });
        else say({ ...plain, step: 'done', receipt, checked: known !== undefined });
      } catch (error) {
        // Asking again does it once: the device keeps its receipt.
        say({ ...plain, step: 'sign', trouble: troubleOf(error) });
      }
    },
    closeEmergency() {
      turn += 1;
      const ended = now();
      if (ended?.step === 'done') after(ended.device);
      state.emergency.value = undefined;
      state.sheet.value = undefined;
    },
  };
}

/** The implant of the patient at hand (hexadecimal): the one that was chosen, else the only one. A locked screen tells of none. */
function implantOf({
  patient,
  wanted,
  view,
}: Pick<State, 'patient' | 'wanted' | 'view'>): string | undefined {
  if (view.value.at === 'locked') return undefined;
  const implants = patient.value?.assigned.filter(({ transport }) => transport === 'nfc') ?? [];
  return (implants.find(({ id }) => id === wanted.value) ?? (implants.length === 1 ? implants[0] : undefined))
    ?.id;
}

/** Asks a reader station. Throws Refusal with its code, or Unreachable. */
async function ask<T>(url: string, schema: z.ZodMiniType<T>, body?: object): Promise<T> {
  const answer = await fetch(url, {
    ...(body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.timeout(PATIENCE_MS),
  }).catch(() => {
    throw new Unreachable('the station does not answer');
  });
  const said: unknown = await answer.json().catch(() => undefined);
  if (answer.ok) return read(schema, said, 'the station');
  const problem = z.safeParse(PROBLEM, said);
  const code = problem.success && problem.data.code ? codeNamed(problem.data.code) : undefined;
  throw new Refusal(code ?? 'E_LINK', 'the station refuses');
}
