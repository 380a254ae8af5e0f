import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { AID, encodeCommand, INS } from '../../../../server/protocol/link/apdu.ts';
import { issueAttestation } from '../../../../server/protocol/attestation.ts';
import type { Bytes } from '../../../../server/protocol/encoding/bytes.ts';
import { encode } from '../../../../server/protocol/encoding/cbor.ts';
import { encodeAnswer, type Request } from '../../../../server/protocol/link/wire.ts';
import { flipped } from '../../cases/case.ts';
import { CaseFault, demand, same } from '../../faults.ts';
import { ephemeralSigner } from '../../world/hospital.ts';
import { type GatewayBench, HANG_UP_MS } from '../bench.ts';
import type { GatewayCase } from '../case.ts';
import type { PlayedDevice } from '../played-device.ts';
import { PlayedImplant, StationPlay } from '../station.ts';

const SECTION = '6';
const SOON_MS = 5_000;
const QUIET_MS = 800;
const NOT_FOUND = Uint8Array.of(0x6a, 0x82);

const station = (
  id: string,
  says: string,
  run: (play: StationPlay, bench: GatewayBench) => Promise<void>,
  needs: GatewayCase['needs'] = ['station'],
): GatewayCase => ({
  id,
  says,
  section: SECTION,
  needs,
  async run(bench) {
    const play = await StationPlay.open(bench);
    try {
      await run(play, bench);
      if (play.fault) throw play.fault;
    } finally {
      play.close();
    }
  },
});

/** A station that is wrong about something: it is hung up on. */
const hungUpOn = (id: string, says: string, field: string, message: Bytes | string): GatewayCase =>
  station(`station.${id}`, says, async (play) => {
    await pause(50); // it has said who it is
    play.send(message);
    demand(await play.link.hungUp(HANG_UP_MS), says, field);
  });

async function until(holds: () => boolean, withinMs: number): Promise<boolean> {
  const end = Date.now() + withinMs;
  while (!holds() && Date.now() < end) await pause(20);
  return holds();
}

/** An implant that the gateway has to go no further with than to ask who it is. */
const noImplant = (
  id: string,
  says: string,
  field: string,
  attest: (device: PlayedDevice, channel: Bytes) => Promise<Bytes>,
): GatewayCase =>
  station(
    `tap.${id}`,
    says,
    async (play, bench) => {
      const implant = new PlayedImplant(bench, async (request: Request, channel) =>
        request.kind === 'open'
          ? encodeAnswer({ kind: 'attestation', attestation: await attest(implant.device, channel) })
          : undefined,
      );
      play.lay(implant.transmit);
      demand(await until(() => implant.asked.length > 0, SOON_MS), 'a card is met', 'message');
      await until(() => implant.asked.some(({ kind }) => kind !== 'open'), QUIET_MS);
      const further = implant.asked.find(({ kind }) => kind !== 'open');
      if (further)
        throw new CaseFault(says, {
          expected: 'the gateway to go no further',
          got: `it asks ${further.kind}`,
          field,
        });
    },
    ['station', 'card'],
  );

/** Reader stations, and implants behind an encrypted tap. */
export const stationCases: readonly GatewayCase[] = [
  station(
    'station.select',
    'a card is selected by the name of the applet, and by nothing else',
    async (play) => {
      play.lay(() => Promise.resolve(NOT_FOUND));
      demand(await until(() => play.commands.length > 0, SOON_MS), 'a card on the reader is met', 'message');
      const select = encodeCommand({ cla: 0, ins: INS.SELECT, p1: 4, p2: 0, data: AID });
      same('the first command selects', 'command', select, play.commands[0]);
      const before = play.commands.length;
      await pause(QUIET_MS);
      same('what is no device is left alone', 'command', before, play.commands.length);
    },
  ),
  hungUpOn('text', 'text is no message of a station', 'WebSocket', 'hello'),
  hungUpOn('malformed', 'what is not well formed ends a station’s link', 'message', encode([9, 1])),
  hungUpOn('label', 'a station has the label of its certificate', 'message.1', encode([1, 'another', []])),
  hungUpOn('answer', 'an answer to a request that nobody made ends the link', 'message.1', encode([4, 4_000, Uint8Array.of(0x90, 0)])), // prettier-ignore
  hungUpOn('reader', 'a card on a reader that is not there ends the link', 'message.2', encode([2, 1_000_000, 7, Uint8Array.of(0x3b, 0x80)])), // prettier-ignore
  station('station.record', 'a forged record of the emergency door is never confirmed', async (play) => {
    const record = encode([new Uint8Array(randomBytes(64)), new Uint8Array(randomBytes(64))]);
    play.say({ kind: 'acted', record });
    await pause(QUIET_MS);
    demand(
      !play.told.some(({ kind }) => kind === 'logged'),
      'only what is in the log is confirmed',
      'message.1',
    );
  }),
  station(
    'tap.genuine',
    'it shows a credential of a gateway, believes the implant that attests this very channel, and goes on with it',
    async (play, bench) => {
      const implant = new PlayedImplant(bench, () => Promise.resolve(undefined));
      play.lay(implant.transmit);
      const further = await until(() => implant.asked.some(({ kind }) => kind !== 'open'), SOON_MS);
      same(
        'an authority of the anchors signed its link credential',
        'credential',
        undefined,
        implant.stranger,
      );
      demand(further, 'an implant that showed who it is is accounted for and read out', 'message');
      play.lift();
    },
    ['station', 'card'],
  ),
  noImplant(
    'channel',
    'an attestation of another channel is somebody in between',
    'attestation.16',
    (device) => issueAttestation(device.state(new Uint8Array(randomBytes(32))), device.is.identity),
  ),
  noImplant('no-channel', 'an attestation of no channel is none over the air', 'attestation.16', (device) =>
    issueAttestation(device.state(), device.is.identity),
  ),
  noImplant(
    'signature',
    'an implant whose signature does not verify is none',
    'attestation',
    async (device, channel) => flipped(await issueAttestation(device.state(channel), device.is.identity), -1),
  ),
  noImplant('stranger', 'an implant with another key is none', 'attestation', (device, channel) =>
    issueAttestation(device.state(channel), ephemeralSigner()),
  ),
  noImplant(
    'unknown',
    'an implant that nobody enrolled is none of this hospital',
    'attestation.5',
    (device, channel) =>
      issueAttestation(
        { ...device.state(channel), device: new Uint8Array(randomBytes(8)) },
        device.is.identity,
      ),
  ),
];
