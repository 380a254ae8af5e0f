import assert from 'node:assert/strict';
import { AID, encodeCommand, INS } from '../../server/protocol/link/apdu.ts';
import { encodeToStation, parseFromStation } from '../../server/protocol/link/station.ts';
import { channelPair } from '../nfc/support/channel-pair.ts';
import { makeDeviceWorld } from '../support/device.ts';
import { CARD, type Place, placeOf } from './place.ts';

const SELECT = encodeCommand({ cla: 0, ins: INS.SELECT, p1: 4, p2: 0, data: AID });
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

describe('the emergency door comes before the gateway', () => {
  let place: Place;
  let heard: string[];
  let ask: (request: number) => void;
  let release: () => void;
  let underWay: Promise<void>;
  beforeEach(async () => {
    place = await placeOf(await makeDeviceWorld());
    heard = [];
    const [near, far] = channelPair();
    far.onMessage((frame) => {
      const said = parseFromStation(frame);
      if (said.kind === 'answer' || said.kind === 'failed') heard.push(`${said.kind} ${said.request}`);
    });
    place.station.attach(near);
    underWay = place.hold(new Promise((resolve) => (release = resolve)));
    ask = (request) => far.send(encodeToStation({ kind: 'request', request, session: 1, command: SELECT }));
  });
  afterEach(() => place.end());
  /** Waits until the gateway has heard so many words; what follows looks at which. */
  const said = async (words: number): Promise<void> => {
    const end = performance.now() + 5_000;
    while (heard.length < words && performance.now() < end) await soon();
  };

  it('and waits for the one exchange that is under way, while no other is let in', async () => {
    ask(1);
    await underWay;
    const opening = place.door.open(CARD);
    await soon();
    ask(2);
    await said(1);
    assert.deepEqual(heard, ['failed 2']);
    release();
    assert.ok((await opening).command.length > 0);
    await said(2);
    assert.deepEqual(heard, ['failed 2', 'answer 1']);
  });

  it('however many exchanges the gateway asks for at once', async () => {
    for (let request = 1; request <= 20; request++) ask(request);
    await underWay;
    const opening = place.door.open(CARD);
    release();
    assert.ok((await opening).command.length > 0);
    await said(20);
    assert.equal(heard.filter((one) => one.startsWith('answer')).length, 1);
  });

  it('and the gateway does nothing with a card that the door holds', async () => {
    release();
    const giveBack = place.station.take(CARD);
    ask(1);
    await said(1);
    assert.deepEqual(heard, ['failed 1']);
    giveBack();
  });
});
