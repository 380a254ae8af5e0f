import { z } from 'zod';
import { unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { encodeStatement } from '../../../server/protocol/statement.ts';
import { wireStatement } from '../../ward/clinician.ts';
import { cosign, formatNote, parseNote } from '../../../server/protocol/log/note.ts';
import { encodeEntry } from '../../../server/protocol/log/entry.ts';
import { issueReceipt, openReceipt, readReceipt } from '../../../server/protocol/receipt.ts';
import { parseEvidence } from '../../../server/protocol/evidence/evidence.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { extendLog } from '../../ward/stolen-log.ts';
import { type Attempts, type Case, refused, succeeded, type Try } from '../case.ts';
import { codeFrom } from '../answers.ts';
import { exchangeOverApdus, selectApplet } from '../../../server/protocol/link/apdu-exchange.ts';
import { IMPLANT, type Lab, TARGET } from '../lab.ts';
import { CONTEXT, session } from './ceremony.ts';
import { WON } from './goals.ts';
import { copied, shown, witnessOf } from './log.ts';
import { anotherAlarmLimit } from './on-the-wire.ts';
import { judged, request } from './present.ts';

const NONCE = z.object({ nonce: z.string() });
const LOCK = z.object({ id: z.string() });

/** Processes whose end is in the hands of the party that runs them, and what the others see of it. */
const RUNS: Readonly<Record<string, readonly string[]>> = {
  A5: ['gateway'],
  A10: ['gateway'],
  A12: ['gateway'],
  A6: ['authority'],
  A6w: ['witness'],
  AI: ['issuer'],
  A8: ['reader-station'],
};

/** Rewrites what happened: another log, another receipt. */
async function* forge(at: Lab): Attempts {
  const { entries } = await copied(at);
  const lie = encodeEntry({ type: 'alarm', time: Date.now(), code: 'E_CLOCK' });
  const fork = {
    entries: entries.slice(0, -3),
    anchors: at.honest.anchors,
    signer: at.hands.signer('keys/gateway/log.key.pem'),
    witness: witnessOf(at),
  };
  const grown = await extendLog(fork, [lie, lie, lie]);
  yield grown.refused === undefined
    ? succeeded('three entries replaced, before the honest witness', 'witness', 'cosigned')
    : refused('three entries replaced, before the honest witness', 'witness', 'does not sign');
  const mine = await cosigned(at, grown.checkpoint);
  yield shown(at, 'the same log, before an auditor', grown.entries, mine);
  yield* forgedReceipt(at);
}

/** The checkpoint with a cosignature by the witness's own key, where that one is held. */
async function cosigned(at: Lab, checkpoint: string): Promise<string> {
  if (!at.hands.has('keys/witness-1/cosign.key.pem')) return checkpoint;
  const { body, signatures } = parseNote(checkpoint);
  const name = at.honest.anchors.witnesses.vkeys[0]?.split('+')[0] ?? '';
  const signer = at.hands.signer('keys/witness-1/cosign.key.pem');
  const mine = await cosign(nodeCrypto.sha256, body, name, signer, Math.floor(Date.now() / 1000));
  return formatNote({ body, signatures: [...signatures, mine] });
}

/** A receipt that says something else, for a command that was done. */
async function* forgedReceipt(at: Lab): Attempts {
  const doctor = await at.person('dr-a');
  const pump = await at.open(TARGET);
  const bytes = at.honest.set(
    TARGET,
    pump.attestation,
    'Occlusion alarm limit',
    anotherAlarmLimit(at, pump.attestation),
  );
  const outcome = await doctor.sign(pump, bytes, CONTEXT);
  if (outcome.kind !== 'done') throw new Error(`an honest command ended as ${outcome.kind}`);
  await at.settle();
  const { receipt } = parseEvidence(await doctor.evidence(nodeCrypto.sha256(bytes)));
  const said = readReceipt(receipt);
  for (const name of [TARGET, 'pump-2']) {
    const signer = at.hands.signer(`keys/devices/${name}/identity.key.pem`);
    const forged = await issueReceipt({ ...said, number: said.number + 1 }, signer);
    const believed = await openReceipt(nodeCrypto, forged, at.honest.device(name).identity).then(
      () => true,
      (error: unknown) => {
        if (error instanceof Refusal) return false;
        throw error;
      },
    );
    if (!believed)
      yield refused(`a receipt of ${name} that says something else`, 'tablet', 'E_DEVICE_IDENTITY');
    else
      yield succeeded(
        `a receipt of ${name} that says something else`,
        'tablet',
        name === TARGET ? 'of the pump' : WON.itself,
      );
  }
}

/** Keeps the others from working, with what it runs or stands in. */
async function* deny(at: Lab): Attempts {
  const { party } = at.hands;
  if (party.id === 'A1') yield* cutWire(at);
  const processes = RUNS[party.id] ?? (party.id === 'A9' ? ['pump-2'] : []);
  if (party.id === 'A11') yield* tire(at);
  if (hasNothingToStop(party.id)) yield* byAsking(at);
  for (const name of processes) {
    await at.ward.running.stopOne(name);
    try {
      yield await missed(at, name);
    } finally {
      await at.ward.running.startOne(name);
      if (name === 'gateway' || name === 'issuer')
        for (const who of ['dr-a', 'dr-b', 'auditor', 'operator'] as const) at.forget(who);
      await at.settle();
    }
  }
}

/** Those who run nothing and stand nowhere can only ask. */
const hasNothingToStop = (id: string): boolean => ['A2', 'A3', 'A4', 'A7'].includes(id);

/** What honest people meet when one process is gone. */
async function missed(at: Lab, name: string): Promise<Try> {
  const what = `${name} is stopped`;
  if (name === 'issuer')
    return at.signInAgain('dr-b').then(
      () => refused(`${what}: somebody signs in`, 'issuer', 'still let in'),
      () => succeeded(what, 'issuer', 'nobody signs in anew; who is in stays in for a while'),
    );
  if (name === 'pump-2') return succeeded(what, 'gateway', WON.itself);
  if (name === 'reader-station')
    return (await at.openOnce(IMPLANT))
      ? refused(`${what}: an implant is opened`, 'gateway', 'still done')
      : succeeded(what, 'gateway', 'that reader');
  return commandsStop(at, name);
}

/** An honest command, with one process gone. */
async function commandsStop(at: Lab, name: string): Promise<Try> {
  const what = `${name} is stopped`;
  const doctor = await at.person('dr-a').catch(() => undefined);
  const pump = await at.openOnce(TARGET);
  if (!doctor || !pump) return succeeded(what, 'gateway', 'commands and reading stop, in plain sight');
  const bytes = at.honest.set(
    TARGET,
    pump.attestation,
    'Occlusion alarm limit',
    anotherAlarmLimit(at, pump.attestation),
  );
  const code = await codeFrom(doctor.sign(pump, bytes, CONTEXT)).catch(() => 'unknown');
  return code === undefined
    ? refused(`${what}: an honest command`, 'gateway', 'still done')
    : succeeded(what, 'gateway', `commands stop with ${code}`);
}

async function* cutWire(at: Lab): Attempts {
  at.ward.network.swallow();
  at.ward.network.cut();
  const end = Date.now() + 25_000;
  let seen = await at.connected(TARGET);
  while (seen && Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    seen = await at.connected(TARGET);
  }
  yield seen
    ? succeeded('cuts the wire of the pump', 'gateway', 'unnoticed')
    : succeeded('cuts the wire of the pump', 'gateway', 'that device; shown as out of contact');
  at.ward.network.carry();
  await at.settle();
}

async function* tire(at: Lab): Attempts {
  const { skin } = at.ward;
  skin.take();
  let answered = 0;
  for (let i = 0; i < 100; i++) {
    await selectApplet(skin.transmit);
    const answer = await exchangeOverApdus(skin.transmit, Uint8Array.of(0));
    if (answer[0] === 1) answered++;
  }
  skin.giveBack();
  yield answered < 100
    ? succeeded(
        'wakes the implant a hundred times',
        'device',
        'for as long as it stands there; bounded by the energy budget',
      )
    : succeeded('wakes the implant a hundred times', 'device', 'without bound');
}

/** Whoever has a session asks for a lock on everything, signed as well as these hands can. */
async function* byAsking(at: Lab): Attempts {
  const { key, token } = await session(at, 'dr-a');
  const { nonce } = NONCE.parse(JSON.parse((await at.ask('/v1/session-challenge')).body));
  const detail = new Map([
    [1, 'all'],
    [2, ''],
    [3, 'as an attacker wants it'],
  ]);
  const time = Math.floor(Date.now() / 1000);
  const statement = encodeStatement({ purpose: 'lock', time, nonce: unbase64url(nonce), detail });
  const approval = at.hands.has('one gesture of dr-a')
    ? await at.honest.approve('dr-a', statement, 'statement')
    : await at.hands.approve('dr-a', statement, 'statement');
  const answer = await request(at, token, {
    key: at.hands.has('session of dr-a') ? key : at.tablet,
    method: 'POST',
    path: '/v1/locks',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(wireStatement({ statement, approval })),
  });
  const set = judged('signs a lock on everything', answer);
  if (set.refused) yield set;
  else yield* lockedOut(at, LOCK.parse(JSON.parse(answer.body)).id);
}

/** What honest people meet then, until the operator lifts the lock. */
async function* lockedOut(at: Lab, lock: string): Attempts {
  const { refused: works, code } = await commandsStop(at, 'everything');
  yield works
    ? refused('signs a lock on everything: an honest command', 'gateway', code)
    : succeeded('signs a lock on everything', 'gateway', `${code}, ${WON.lock}`);
  const operator = await at.person('operator');
  await operator.post('/v1/unlocks', 'unlock', new Map([[5, lock]]));
  await at.settle();
}

export const HISTORY_GOALS: readonly Case[] = [
  {
    id: 'forge@gateway',
    scene: 'gateway',
    given: [],
    aim: 'rewrite what happened',
    codes: ['does not sign', 'signature', 'witness', 'E_DEVICE_IDENTITY'],
    play: forge,
  },
  {
    id: 'deny@gateway',
    scene: 'gateway',
    given: [],
    aim: 'keep others from working',
    codes: ['E_ROLE', 'still done', 'still let in'],
    play: deny,
  },
];
