import { encodeEmergency } from '../../../server/protocol/bundle.ts';
import { hex } from '../../../server/protocol/encoding/bytes.ts';
import { encodeCommand, OPERATION } from '../../../server/protocol/command.ts';
import { readPresence } from '../../../server/protocol/link/presence.ts';
import { readReceipt } from '../../../server/protocol/receipt.ts';
import { encodeRequest, parseAnswer } from '../../../server/protocol/link/wire.ts';
import { codeOf, therapy, streamCode } from '../answers.ts';
import { type Attempts, type Case, refused, succeeded, type Try } from '../case.ts';
import { IMPLANT, type Lab, TARGET } from '../lab.ts';
import { CONTEXT } from './ceremony.ts';
import { patiently, refusalCode, state, tapped } from './on-the-skin.ts';
import { anotherAlarmLimit, anotherRate, onWire, signedByAttacker } from './on-the-wire.ts';
import { request, streamWith } from './present.ts';

const ZERO = new Uint8Array(32);
/** What a success is called; SECURITY.md's table is made of these words. */
export const WON = {
  small: 'R1, within the limits, in the person’s name',
  gesture: 'R1, within the limits, one for each genuine gesture',
  safe: 'the safe state, in contact',
  session: 'what this session may see',
  passes: 'what passes through',
  presence: 'which device lies there',
  itself: 'itself',
  lock: 'in the person’s name, until an operator lifts the lock',
} as const;

/** Has the session of somebody: their token and their tablet's key. */
const hasSession = (at: Lab): boolean => at.hands.has('session of dr-a');
const hasPasskey = (at: Lab): boolean => at.hands.has('keys/clinicians/dr-a/passkey.key.pem');
const hasGesture = (at: Lab): boolean => at.hands.has('one gesture of dr-a');

/** A stream with whatever the attacker has; the code of the refusal when that opens none. */
async function stream(at: Lab) {
  await at.person('dr-a');
  const token = hasSession(at) ? await at.tokens.token(at.tablet.jkt) : await at.forgedToken();
  return streamWith(at, token, at.tablet).catch((error: unknown) =>
    error instanceof Error ? error.message : '',
  );
}

/** Signs as dr-a, as well as the attacker can: with the passkey, with a gesture meant for something else, or not at all. */
const approve = (at: Lab, bytes: Uint8Array) =>
  hasGesture(at) ? at.honest.approve('dr-a', bytes) : at.hands.approve('dr-a', bytes);

/** Changes the therapy through the gateway, as whoever the attacker can pass for. */
async function* therapyByGateway(at: Lab): Attempts {
  const opened = await stream(at);
  if (typeof opened === 'string') {
    yield refused('opens a session', 'gateway', opened);
    return;
  }
  const before = await at.open(TARGET);
  const now = before.attestation;
  const small = at.honest.set(TARGET, now, 'Occlusion alarm limit', anotherAlarmLimit(at, now));
  const high = at.honest.set(TARGET, now, 'Infusion rate', anotherRate(at, now));
  for (const [what, command] of [
    ['a change of high risk, alone', high],
    ['a change of low risk', small],
  ] as const) {
    const reply = await opened
      .call({ kind: 'sign', command, approval: await approve(at, command), context: CONTEXT })
      .then(({ kind }): string => kind, streamCode);
    const after = await at.open(TARGET);
    const moved = therapy(before.attestation) !== therapy(after.attestation);
    if (moved)
      yield succeeded(what, 'device', hasPasskey(at) ? WON.small : hasGesture(at) ? WON.gesture : 'R1');
    else yield refused(what, 'gateway', reply);
    if (moved) await at.settle();
  }
  opened.close();
}

/** Changes the therapy over the wire, as the pump's gateway. */
const therapyByWire = onWire(async function* (at, now) {
  for (const [what, setting, value, people] of [
    ['a change of high risk', 'Infusion rate', anotherRate(at, now), ['dr-a', 'dr-b']],
    ['a change of high risk, signed by one', 'Infusion rate', anotherRate(at, now), ['dr-a']],
    ['a change of low risk', 'Occlusion alarm limit', anotherAlarmLimit(at, now), ['dr-a']],
  ] as const) {
    const command = at.honest.set(TARGET, now, setting, value);
    yield at.deliver(what, await at.forger.bytes(await signedByAttacker(at, command, people)));
  }
});

/** Changes the therapy of the implant, in touch with it. */
async function* therapyBySkin(at: Lab): Attempts {
  const before = await state(at);
  for (const as of ['gateway', 'station-1'] as const) {
    const tap = await tapped(at, as);
    if (typeof tap === 'string') {
      yield refused(`a session as the ${as}`, 'device', tap);
      continue;
    }
    const command = at.honest.set(IMPLANT, before, 'High atrial rate alert, above', 190);
    const signed = await signedByAttacker(at, command, ['dr-a']);
    const bundle = await at.forger.bytes(signed);
    const answer = await tap.exchange(encodeRequest({ kind: 'deliver', bundle }));
    yield refused(`a change, as the ${as}`, 'device', codeOf(parseAnswer(answer)));
    yield await emergency(at, as);
  }
  const after = await state(at);
  if (therapy(before) !== therapy(after) && after.mode !== 'safe-mode')
    yield succeeded('the implant', 'device', 'another state');
}

/** The safe state, with a signature as good as the attacker's hands. */
async function emergency(at: Lab, as: 'gateway' | 'station-1'): Promise<Try> {
  const tap = await patiently(() => at.ward.skin.tap(at.hands.linkIdentity(as))).catch(refusalCode);
  const what = `the emergency door, as the ${as}`;
  if (typeof tap === 'string') return refused(what, 'device', tap);
  const opened = parseAnswer(await tap.exchange(encodeRequest({ kind: 'emergency-open' })));
  if (opened.kind !== 'presence') return refused(what, 'device', codeOf(opened));
  const { emergencyNonce: nonce, device } = readPresence(opened.presence);
  const command = encodeCommand({
    device,
    nonce,
    counter: 0,
    profile: ZERO,
    settings: ZERO,
    operation: OPERATION.safeMode,
    changes: new Map(),
    patient: ZERO,
  });
  const approval = await at.hands.approve('dr-a', command);
  const credential = await at.rescuer();
  const message = encodeRequest({
    kind: 'emergency',
    emergency: encodeEmergency({ command, approval, credential }),
  });
  const answer = parseAnswer(await tap.exchange(message));
  const applied = answer.kind === 'receipt' && readReceipt(answer.receipt).code === undefined;
  return applied ? succeeded(what, 'device', WON.safe) : refused(what, 'device', codeOf(answer));
}

/** Reads what is clinical, or names somebody. */
async function* readByGateway(at: Lab): Attempts {
  await at.person('dr-a');
  const token = hasSession(at) ? await at.tokens.token(at.tablet.jkt) : await at.forgedToken();
  const answer = await request(at, token, { path: `/v1/devices/${hex(at.honest.device(TARGET).id)}` });
  yield answer.status < 400
    ? succeeded('reads a device through the gateway', 'gateway', WON.session)
    : refused('reads a device through the gateway', 'gateway', codeIn(answer.body));
  for (const folder of at.hands.party.holds.filter(
    (held) => held.endsWith('/') && !held.startsWith('keys/'),
  )) {
    const found = at.honest.canaries.find((word) => at.kept(folder).includes(word));
    yield found === undefined
      ? refused(`looks for names and record numbers in ${folder}`, 'system', 'nowhere')
      : succeeded(`looks for names and record numbers in ${folder}`, 'system', 'names of patients');
  }
}

async function* readByWire(at: Lab): Attempts {
  const attested = await at.attested();
  yield attested
    ? succeeded('opens the pump', 'device', WON.passes)
    : refused('opens the pump', 'device', 'E_TLS_PEER');
}

async function* readBySkin(at: Lab): Attempts {
  for (const as of ['gateway', 'station-1'] as const) {
    const tap = await tapped(at, as);
    if (typeof tap === 'string') {
      yield refused(`opens the implant as the ${as}`, 'device', tap);
      continue;
    }
    const opened = parseAnswer(await tap.exchange(encodeRequest({ kind: 'open' })));
    if (opened.kind === 'attestation')
      yield succeeded(`opens the implant as the ${as}`, 'device', WON.passes);
    else yield refused(`opens the implant as the ${as}`, 'device', codeOf(opened));
    if (as === 'gateway') continue;
    const again = await patiently(() => at.ward.skin.tap(at.hands.linkIdentity(as)));
    const presence = parseAnswer(await again.exchange(encodeRequest({ kind: 'emergency-open' })));
    if (presence.kind === 'presence') yield succeeded('asks which device lies there', 'device', WON.presence);
  }
}

const codeIn = (body: string): string => /"code":"(\w+)"/u.exec(body)?.[1] ?? 'refused';

/** The four things nobody may do alone; played by every attacker class, each with all it has. */
export const GOALS: readonly Case[] = [
  {
    id: 'therapy@gateway',
    scene: 'gateway',
    given: [],
    aim: 'change the therapy',
    codes: ['E_ASSERTION', 'E_SESSION', 'E_TOKEN_SIG', 'awaiting-second'],
    play: therapyByGateway,
  },
  {
    id: 'read@gateway',
    scene: 'gateway',
    given: [],
    aim: 'read what is clinical',
    codes: ['E_SESSION', 'E_TOKEN_SIG', 'nowhere'],
    play: readByGateway,
  },
  {
    id: 'read@skin',
    scene: 'skin',
    given: [],
    aim: 'read what is clinical',
    codes: ['E_CHANNEL', 'E_BREAKGLASS_SCOPE', 'E_LOG_PROOF'],
    play: readBySkin,
  },
  {
    id: 'therapy@skin',
    scene: 'skin',
    given: [],
    aim: 'change the therapy',
    codes: ['E_CHANNEL', 'E_BREAKGLASS_SCOPE', 'E_LOG_PROOF', 'E_GRANT', 'E_ASSERTION'],
    play: therapyBySkin,
  },
  {
    id: 'read@wire',
    scene: 'wire',
    given: [],
    aim: 'read what is clinical',
    codes: ['E_TLS_PEER'],
    play: readByWire,
  },
  {
    id: 'therapy@wire',
    scene: 'wire',
    given: [],
    aim: 'change the therapy',
    codes: ['E_TLS_PEER', 'E_ASSERTION', 'E_DUAL_REQUIRED', 'E_RATE'],
    play: therapyByWire,
  },
];
