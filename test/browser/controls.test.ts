import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { base64url, unhex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { issueRoot, listingsOf } from '../../server/protocol/fleet/listing.ts';
import { encodeReply, parseReply } from '../../server/protocol/stream.ts';
import { nodeCrypto, testSigner } from '../support/keys.ts';
import { type Between, oneBitOff, standBetween } from './support/between.ts';
import { noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import {
  answerWith,
  arrive,
  openDevice,
  openPatient,
  setUp,
  signIn,
  type Visitor,
} from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

/** Somebody on the ward without any device. */
const OTHER_PATIENT = 'SIM-200002';
describe('what the tablet does not let happen', function () {
  this.timeout(90_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;
  let between: Between;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
    visitor = await arrive(ward, browser, undefined, async ({ context }) => {
      between = await standBetween(context);
    });
    await setUp(visitor);
    await signIn(visitor);
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });

  const toSheet = async (value: string): Promise<void> => {
    const { page, press } = visitor;
    await press('Change settings');
    await press('Change Occlusion alarm limit');
    await press(value);
    await press('Take this value');
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
  };

  it('N1: shows nothing to sign when the device is another patient’s, whatever the gateway says; Emergency stays', async () => {
    const { page, press } = visitor;
    // A gateway that swaps devices: it says that pump-1 belongs to whoever was scanned.
    const pump = { id: ward.idOf('pump-1'), name: 'pump-1', model: 'SIM-VP1', transport: 'websocket' };
    const assigned = [{ ...pump, connected: true, posture: 'ready' }];
    await answerWith(page, '/v1/patients/[0-9a-f]+$', { assigned });
    await page.getByLabel('Wristband').fill(OTHER_PATIENT);
    await press('Find by wristband');
    await press(/^Open /u);
    await press('Choose pump-1');
    await page.getByText('Another patient’s device').waitFor();
    assert.equal(await page.getByRole('button', { name: /sign|change settings|stop therapy/iu }).count(), 0);
    for (const name of ['Device', 'Change', 'History'])
      assert.equal(await page.getByRole('button', { name, exact: true }).isDisabled(), true, name);
    assert.equal(await page.getByRole('button', { name: /Emergency/u }).isEnabled(), true);
    await answerWith(page);
    await press('Patient');
    await press('Another patient');
  });

  it('N9: the key of somebody else signs nothing in this session, and the right key still does', async () => {
    const { page, press } = visitor;
    const other = await arrive(ward, browser);
    await setUp(other);
    await openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
    await toSheet('325');
    await visitor.key.pullOutOf(page);
    await other.key.plugInto(page);
    await press('Sign with passkey');
    await page.getByText('Whoever signed in is not the person of this passkey').waitFor();
    await other.key.pullOutOf(page);
    await visitor.key.plugInto(page);
    await press('Sign with passkey');
    await page.getByText('The device now reads Occlusion alarm limit 325').waitFor();
    visitor.screen.expectNoFaults();
    await press('Back to the device');
  });

  describe('by a gateway that is not itself', () => {
    const signed = async (value: string): Promise<void> => {
      await toSheet(value);
      await visitor.press('Sign with passkey');
    };
    const honest = (): void => void (between.change = (bytes) => bytes);
    afterEach(honest);

    it('no device is made up: which key is whose is the authority’s word alone', async () => {
      const { page, press } = visitor;
      await press('Patient');
      await press('Another patient');
      const own = testSigner('gateway');
      const row = {
        id: unhex(ward.idOf('pump-1')),
        serial: 'SIM-1',
        name: 'pump-1',
        site: 'ward',
        transport: 'websocket' as const,
        posture: 'enrolled' as const,
        profile: new Uint8Array(32),
        identityKey: coseKey(own.key.alg, own.key.raw),
        certificates: [],
      };
      const root = await issueRoot(nodeCrypto.sha256, { version: 9_999, issued: 1 }, [row], own);
      const [listing = new Uint8Array()] = listingsOf(nodeCrypto.sha256, root, [row]);
      await answerWith(page, '/v1/devices/[0-9a-f]+$', { listing: base64url(listing) });
      await openPatient(visitor, ward.patientOf('pump-1').mrn);
      await press('Choose pump-1');
      await page.getByText('This device is not enrolled here.').waitFor();
      assert.equal(await page.getByRole('button', { name: /sign|change settings/iu }).count(), 0);
      await answerWith(page);
      await press('Patient');
      await press('Another patient');
      await openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
    });

    it('no patient is swapped: the device itself says that it belongs to somebody else', async () => {
      const { page, press } = visitor;
      await press('Patient');
      await press('Another patient');
      await answerWith(page, '/v1/patients/[0-9a-f]+$', { birthDate: '1950-01-01' });
      await openPatient(visitor, ward.patientOf('pump-1').mrn);
      await press('Choose pump-1');
      await page.getByText('Another patient’s device').waitFor();
      assert.equal(await page.getByRole('button', { name: /sign|change settings/iu }).count(), 0);
      await answerWith(page);
      await press('Patient');
      await press('Another patient');
    });

    it('no value is swapped: what the device did not sign is not shown', async () => {
      const { page, press } = visitor;
      await openDevice(visitor, ward.patientOf('pump-1'), /pump-1/u);
      between.change = (bytes, reply) =>
        reply.kind === 'opened' ? oneBitOff(bytes, reply.attestation, 60) : bytes;
      await press('Read again');
      await page.getByText('The device could not prove who it is').waitFor();
      assert.equal(await page.locator('.value').count(), 0);
      honest();
      await press('Read again');
      await page.getByRole('heading', { name: 'Quick look' }).waitFor();
    });

    it('no outcome is swapped: "Done" is what device and log have signed, and nothing else', async () => {
      const { page, press } = visitor;
      between.change = (bytes, reply) =>
        reply.kind === 'sealed' ? oneBitOff(bytes, reply.sealed.receipt) : bytes;
      await signed('350');
      await page.getByText('The gateway says it is done, and cannot prove it').waitFor();
      assert.equal(await page.getByText(/^Done$/u).count(), 0);
      honest();
      await press('Back to the device');
      await page.getByRole('heading', { name: 'Quick look' }).waitFor();
    });

    it('no outcome is hidden: what it calls refused, the device is asked about', async () => {
      const { page, press } = visitor;
      between.change = (bytes, reply) => {
        if (reply.kind !== 'sealed') return bytes;
        const { id } = parseReply(bytes);
        return encodeReply(id, { kind: 'refused', code: 'E_POLICY', why: '' });
      };
      await signed('375');
      await page.getByText('The device has changed since you read it').waitFor();
      assert.equal(await page.getByText('The device is unchanged').count(), 0);
      await press('Back to the device');
      await page.getByRole('heading', { name: 'Quick look' }).waitFor();
    });
  });

  describe('by a page of another version', () => {
    it('N12: signs nothing with a page that is not allowed here: the tablet says so, and the gateway holds it', async () => {
      const { page, press } = visitor;
      const file = join(ward.folder, 'hospital', 'builds.json');
      const list = JSON.parse(readFileSync(file, 'utf8')) as { builds: Record<string, string> };
      const other = Object.fromEntries(
        Object.entries(list.builds).map(([, name], i) => [`${i}`.repeat(64), name]),
      );
      writeFileSync(file, JSON.stringify({ ...list, builds: other }));
      await toSheet('350');
      const says = page.getByText('This page is not a version that is allowed here');
      // The gateway reads the hospital's files again when it gets to it.
      for (let tried = 0; tried < 15 && (await says.count()) === 0; tried += 1) {
        await press('Back');
        await press('Review and sign 1 change');
        await says.waitFor({ timeout: 3_000 }).catch(() => undefined);
      }
      await says.waitFor();
      const sign = page.getByRole('button', { name: 'Sign with passkey' });
      assert.equal(await sign.getAttribute('aria-disabled'), 'true');
      await press('Back');
      // A page that looks away is held by the gateway.
      const builds = Object.entries(list.builds).map(([build, name]) => ({ build, name }));
      await answerWith(page, '/v1/builds$', { builds });
      await press('Review and sign 1 change');
      await page.getByLabel('Year of birth of the patient').fill(String(ward.patientOf('pump-1').birthYear));
      await sign.click();
      await page.getByText('E_BUILD').first().waitFor();
      assert.equal(await page.getByText('Done', { exact: true }).count(), 0);
    });
  });
});
