import assert from 'node:assert/strict';
import type { World } from '../../clients/common/page/gate/world.ts';
import type { Staff } from '../../clients/tablet/actions.ts';
import { newReviews, type OpenReview } from '../../clients/tablet/review/reviews.ts';
import { newState, type Person } from '../../clients/tablet/state.ts';
import { base64url, hex, unbase64url } from '../../server/protocol/encoding/bytes.ts';
import { Refusal } from '../../server/protocol/refusal.ts';
import { parseStatement } from '../../server/protocol/statement.ts';

const DEVICE = '00000000000000e3';
const open = (command: string, own = false): OpenReview => ({
  device: DEVICE,
  deviceName: 'pacemaker-1',
  command: command.repeat(32),
  own,
  told: { people: [], more: 0 },
});

/** A tablet, and what its gateway knows of emergencies. */
function tablet(...first: OpenReview[]) {
  const state = newState();
  const gateway = { list: first, asked: 0, refuses: false };
  const posted: { path: string; body: { statement: string } }[] = [];
  const http = {
    open: () => Promise.resolve({ nonce: base64url(new Uint8Array(16)) }),
    json: (method: string, path: string, body: { statement: string }) => {
      if (method === 'GET') {
        gateway.asked += 1;
        return Promise.resolve({ reviews: gateway.list });
      }
      if (gateway.refuses) return Promise.reject(new Refusal('E_ROLE', 'not the rescuer'));
      posted.push({ path, body });
      return Promise.resolve();
    },
  };
  const bytes = new Uint8Array(16);
  const approval = { kid: bytes, authenticatorData: bytes, clientDataJSON: bytes, signature: bytes };
  const world = { passkey: { approve: () => Promise.resolve(approval) } } as unknown as World;
  const staff = { gateway: { http }, stream: () => Promise.resolve({}) } as unknown as Staff;
  const reviews = newReviews(world, state, staff);
  const signIn = async (): Promise<void> => {
    state.view.value = { at: 'patients' };
    state.person.value = { subject: 'a1', name: 'Dr A' } as unknown as Person;
    await reviews.look();
  };
  const news = (): readonly string[] => reviews.news.value.map(({ command }) => command.slice(0, 2));
  return { state, gateway, posted, reviews, signIn, news };
}

describe('emergencies that a tablet tells of', () => {
  it('are news when they came after the sign-in, until they were seen; those at hand and one’s own are none', async () => {
    const { gateway, reviews, signIn, news } = tablet(open('aa'));
    await signIn();
    assert.deepEqual([reviews.open.value.length, news()], [1, []]);
    gateway.list = [open('aa'), open('bb'), open('cc', true)];
    await reviews.look();
    assert.deepEqual(news(), ['bb']);
    const [one] = reviews.news.value;
    if (one) reviews.seen(one);
    assert.deepEqual(news(), []);
    assert.equal(reviews.open.value.length, 3);
  });

  it('are told of by an event at once, and by nothing behind a locked screen or once nobody is signed in', async () => {
    const { state, gateway, reviews, signIn } = tablet(open('aa'));
    await signIn();
    const asked = async (work: () => void): Promise<number> => {
      const before = gateway.asked;
      work();
      await new Promise((resolve) => setTimeout(resolve));
      return gateway.asked - before;
    };
    assert.equal(await asked(() => reviews.heard('emergency')), 1);
    assert.equal(await asked(() => reviews.heard('connected')), 0);
    state.view.value = { at: 'locked', step: 'ready', ended: false };
    assert.equal(await asked(() => reviews.heard('emergency')), 0);
    assert.equal(
      await asked(() => (state.view.value = { at: 'patients' })),
      1,
      'and at once after unlocking',
    );
    state.person.value = undefined;
    assert.deepEqual(reviews.open.value, []);
  });

  it('are explained by one signed statement; a refusal is shown, and the form stays', async () => {
    const { state, gateway, posted, reviews, signIn } = tablet(open('aa', true));
    await signIn();
    const sheet = { kind: 'reason', device: DEVICE, command: 'aa'.repeat(32) } as const;
    state.sheet.value = sheet;
    gateway.refuses = true;
    const explain = () => reviews.explain(DEVICE, sheet.command, 'danger', 'no pulse');
    assert.deepEqual(await explain(), { kind: 'refused', code: 'E_ROLE', detail: 'not the rescuer' });
    assert.deepEqual([state.sheet.value, posted], [sheet, []]);
    gateway.refuses = false;
    assert.equal(await explain(), undefined);
    assert.equal(state.sheet.value, undefined);
    const [{ path, body } = { path: '', body: { statement: '' } }] = posted;
    const { purpose, detail } = parseStatement(unbase64url(body.statement));
    const said = [...detail.values()].map((value) => (value instanceof Uint8Array ? hex(value) : value));
    assert.deepEqual(
      [path, purpose, said],
      ['/v1/emergency-reasons', 'reason', [DEVICE, sheet.command, 'danger', 'no pulse']],
    );
  });
});
