import { randomBytes } from 'node:crypto';
import { type Attestation, issueAttestation } from '../../../../server/protocol/attestation.ts';
import { type Bytes, concat, equal } from '../../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../../server/protocol/encoding/cbor.ts';
import { parseSign1, sign1 } from '../../../../server/protocol/encoding/cose.ts';
import { isTelemetry } from '../../../../server/protocol/telemetry/telemetry.ts';
import { encodeAnswer } from '../../../../server/protocol/link/wire.ts';
import { flipped } from '../../cases/case.ts';
import { chance, damage } from '../../cases/noise.ts';
import { highS } from '../../cases/wrong-signatures.ts';
import { demand } from '../../faults.ts';
import { ephemeralSigner } from '../../world/hospital.ts';
import { type GatewayBench, HANG_UP_MS } from '../bench.ts';
import type { GatewayCase } from '../case.ts';

const SECTION = '3.7; 6';

/** What the device attests, but for what is said. */
const attested = (bench: GatewayBench, changes: Partial<Attestation> = {}): Promise<Bytes> =>
  issueAttestation({ ...bench.device.state(), ...changes }, bench.device.is.identity);

const answerOf = (attestation: Bytes): Bytes => encodeAnswer({ kind: 'attestation', attestation });

/** Something that is no genuine attestation: the gateway goes no further with who sent it. */
const away = (
  id: string,
  says: string,
  field: string,
  build: (bench: GatewayBench) => Promise<Bytes> | Bytes,
): GatewayCase => ({
  id: `attest.${id}`,
  says,
  section: SECTION,
  run: async (bench) => bench.turnedAway(await build(bench), says, field),
});

/** The genuine attestation as another COSE_Sign1. */
async function reframed(
  bench: GatewayBench,
  change: (parts: ReturnType<typeof parseSign1>) => Bytes | Promise<Bytes>,
): Promise<Bytes> {
  const genuine = await attested(bench);
  return answerOf(await change(parseSign1(genuine, 'attestation', 65_535, 'E_DEVICE_IDENTITY')));
}

/** Devices that do not show who they are. */
export const openCases: readonly GatewayCase[] = [
  {
    id: 'attest.genuine',
    says: 'a device that attests who it is stays in contact',
    section: SECTION,
    run: async (bench) => void (await bench.inContact()),
  },
  away('signature', 'an attestation whose signature does not verify is none', 'attestation', async (bench) =>
    answerOf(flipped(await attested(bench), -1)),
  ),
  away('stranger', 'an attestation by another key is none', 'attestation', async (bench) =>
    answerOf(await issueAttestation(bench.device.state(), ephemeralSigner())),
  ),
  away(
    'device',
    'an attestation that names another device is none of this one',
    'attestation.5',
    async (bench) => answerOf(await attested(bench, { device: new Uint8Array(randomBytes(8)) })),
  ),
  away(
    'channel',
    'on a link that is authenticated by itself an attestation names no other channel',
    'attestation.16',
    async (bench) => answerOf(await attested(bench, { channel: new Uint8Array(randomBytes(32)) })),
  ),
  away('kind', 'a receipt’s signature makes no attestation', 'attestation', (bench) =>
    reframed(bench, ({ payload }) => sign1('receipt', payload, bench.device.is.identity)),
  ),
  away('high-s', 'a signature with the higher s is none', 'attestation', (bench) =>
    reframed(bench, ({ protectedHeader, payload, signature }) =>
      encode([protectedHeader, new Map(), payload, highS(signature)]),
    ),
  ),
  away('unprotected', 'a header that nobody signed is refused', 'attestation', (bench) =>
    reframed(bench, ({ protectedHeader, payload, signature }) =>
      encode([protectedHeader, new Map([[1, -7]]), payload, signature]),
    ),
  ),
  away('field', 'an attestation with a field that does not belong is refused', 'attestation.18', (bench) =>
    reframed(bench, ({ payload }) =>
      sign1(
        'attestation',
        // The map of seventeen becomes one of eighteen: b1 is its head.
        concat(Uint8Array.of((payload[0] ?? 0) + 1), payload.slice(1), Uint8Array.of(18, 0)),
        bench.device.is.identity,
      ),
    ),
  ),
  away('trailing', 'a byte after the answer is refused', 'answer', async (bench) =>
    concat(answerOf(await attested(bench)), Uint8Array.of(0)),
  ),
  away('spelling', 'an answer that is not in its shortest form is refused', 'answer', async (bench) => {
    const genuine = answerOf(await attested(bench));
    return concat(Uint8Array.of(0x82, 0x19, 0, 101), genuine.slice(3)); // 101 in two bytes
  }),
  away('kind-of-answer', 'an answer to another question is none', 'answer.0', () =>
    encodeAnswer({ kind: 'accepted' }),
  ),
  away('unknown', 'an answer that does not exist is none', 'answer.0', () => encode([199, new Uint8Array()])),
  away('empty', 'no bytes are no answer', 'answer', () => new Uint8Array()),
  {
    id: 'attest.unasked',
    says: 'what nobody asked for ends the link',
    section: SECTION,
    async run(bench) {
      const link = await bench.inContact();
      const unasked = encodeAnswer({ kind: 'accepted' });
      link.send(unasked);
      bench.note(unasked, undefined);
      demand(await link.hungUp(HANG_UP_MS), 'one request has one answer', 'answer.0');
    },
  },
];

/** Damaged attestations by a seed: the same seed damages the same bytes. */
export const openFuzz = (seed: number, count: number): GatewayCase => ({
  id: 'fuzz.attestation',
  says: `of ${count} damaged attestations none is believed (seed ${seed})`,
  section: SECTION,
  async run(bench) {
    const pick = chance(seed);
    const genuine = answerOf(await attested(bench));
    for (let i = 0; i < count; i++) {
      const damaged = damage(genuine, pick);
      if (equal(damaged, genuine) || isTelemetry(damaged)) continue;
      const rule = `damaged attestation ${i} of seed ${seed} is not believed`;
      await bench.turnedAway(damaged, rule, 'attestation');
    }
    await bench.inContact();
  },
});
