import { noBrowser, startBrowser, type TestBrowser } from './support/browser.ts';
import { arrive, openDevice, setUp, signIn, type Visitor } from './support/visitor.ts';
import { openPageWard, type PageWard } from './support/ward.ts';

describe('the tablet, from the first day to "Done"', function () {
  this.timeout(60_000);
  let ward: PageWard;
  let browser: TestBrowser;
  let visitor: Visitor;

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    ward = await openPageWard();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await ward?.end();
  });
  afterEach(() => visitor?.screen.expectNoFaults());

  it('sets a visitor up with two passkeys, signs them in, and approves the session', async () => {
    visitor = await arrive(ward, browser);
    await setUp(visitor);
    await signIn(visitor);
    await visitor.page.getByText('Dr A. Okafor').waitFor();
  });

  it('changes one setting of the pump: compared, signed, followed, and proven on the tablet itself', async () => {
    const { page, press } = visitor;
    const patient = ward.patientOf('pump-1');
    await openDevice(visitor, patient, /pump-1/u);
    await page.getByText('Matches wristband').waitFor();
    await press('Change settings');
    await press('Change Occlusion alarm limit');
    await press('325');
    await press('Take this value');
    await page.getByRole('heading', { name: /1 of \d+ settings change/u }).waitFor();
    await page.getByLabel('Reason').selectOption({ label: 'Alarm limits adjusted' });
    await press('Review and sign 1 change');
    await page.getByLabel('Year of birth of the patient').fill(String(patient.birthYear));
    await press('Sign with key');
    await page.getByText('The device now reads Occlusion alarm limit 325').waitFor();
    await page.getByText('The log names this receipt, and a witness has seen it').waitFor();
  });
});
