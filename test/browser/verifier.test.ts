import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';
import { buildPages, bundleFolder } from '../../clients/host/build.mjs';
import { zipSync } from 'fflate';
import { type Bytes, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { encodeEntry } from '../../server/protocol/log/entry.ts';
import { encodeEntries, FILE, parseEntries } from '../../server/protocol/verify/bundle-files.ts';
import { rootsFingerprint } from '../../server/protocol/verify/fingerprint.ts';
import { CHECKS } from '../../server/protocol/verify.ts';
import { bundleOf, hashOf, zipOf } from '../support/bundle-zip.ts';
import { type Case, makeCase } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
import { nodeCrypto } from '../support/keys.ts';
import { TAMPERINGS } from '../support/tamperings.ts';
import { axeFindings, noBrowser, type Screen, startBrowser, type TestBrowser } from './support/browser.ts';

const CLI = fileURLToPath(new URL('../../clients/cli/main.ts', import.meta.url));
const IDS: readonly string[] = Object.keys(CHECKS);
const VERDICTS = ['Verified', 'Failed: do not rely on this', 'Not complete: a check could not be made'];

describe('the offline verifier, opened from a folder of its own without a network', function () {
  this.timeout(180_000);
  const folder = mkdtempSync(join(tmpdir(), 'cs-verifier-'));
  let browser: TestBrowser;
  let screen: Screen;
  let page: Page;
  let whole: Case;
  let fingerprint = '';
  const asked: string[] = [];

  before(async function () {
    if (noBrowser() !== undefined) this.skip();
    await buildPages();
    copyFileSync(join(bundleFolder('verifier'), 'verifier.html'), join(folder, 'verifier.html'));
    assert.deepEqual(readdirSync(folder), ['verifier.html']);
    whole = await makeCase(await makeWorld());
    fingerprint = rootsFingerprint(nodeCrypto.sha256, whole.world.anchors);
    browser = await startBrowser();
    const desk = await browser.tablet({ size: { width: 1280, height: 900 } });
    await desk.context.setOffline(true);
    desk.context.on('request', (request) => asked.push(request.url()));
    screen = await desk.open(pathToFileURL(join(folder, 'verifier.html')).href);
    ({ page } = screen);
  });
  after(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What the page says, and with which code the program ends, about one file. */
  async function both(name: string, bytes: Bytes, typed = fingerprint): Promise<readonly [number, number]> {
    const file = join(folder, name);
    writeFileSync(file, bytes);
    await page.getByLabel('Fingerprint of the hospital').fill(typed);
    await page.getByLabel(/^Evidence bundle/u).setInputFiles(file);
    const notice = page.locator('.notice h2');
    await notice.waitFor();
    const at = VERDICTS.indexOf(await notice.innerText());
    await page.getByLabel(/^Evidence bundle/u).setInputFiles([]);
    const args = [CLI, 'verify', file, '--memory', join(folder, 'seen.json')];
    const ran = spawnSync(process.execPath, [...args, ...(typed === '' ? [] : ['--fingerprint', typed])]);
    return [at, ran.status ?? -1];
  }

  it('says verified with nine checks, and asks nobody', async () => {
    assert.deepEqual(await both('good.zip', zipOf(await bundleOf(whole))), [0, 0]);
    await page.getByLabel(/^Evidence bundle/u).setInputFiles(join(folder, 'good.zip'));
    await page.locator('.checks li').nth(8).waitFor();
    assert.equal(await page.getByText('PASS', { exact: true }).count(), 9);
    await page.getByText('would end with exit code 0').waitFor();
    await page.getByText('This browser will remember the log').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    await page.evaluate(() => (document.documentElement.dataset['theme'] = 'dark'));
    assert.deepEqual(await axeFindings(page), []);
    screen.expectNoFaults();
    assert.deepEqual(
      asked.filter((url) => !url.startsWith('file:')),
      [],
    );
  });

  for (const { name, fails, make } of TAMPERINGS)
    it(`finds out ${name}`, async () => {
      const { files, before } = await make(whole);
      await page.evaluate(() => localStorage.clear());
      const shown = async (each: ReadonlyMap<string, Bytes>): Promise<string> => {
        const file = join(folder, 'bundle.zip');
        writeFileSync(file, zipOf(each));
        await page.getByLabel(/^Evidence bundle/u).setInputFiles(file);
        await page.locator('.checks li').nth(8).waitFor();
        const heading = await page.locator('.notice h2').innerText();
        return heading;
      };
      if (before) assert.equal(await shown(before), VERDICTS[0]);
      if (before) await page.getByLabel(/^Evidence bundle/u).setInputFiles([]);
      assert.equal(await shown(files), VERDICTS[1]);
      for (const id of fails) {
        const line = page.locator('.checks li').nth(IDS.indexOf(id));
        assert.match(await line.innerText(), /FAIL/u, id);
      }
      await page.getByLabel(/^Evidence bundle/u).setInputFiles([]);
    });

  it('shows what a stranger wrote into an entry as text', async () => {
    const detail = '<img src=x onerror=alert(1)>=HYPERLINK("x")';
    const entry = encodeEntry({ type: 'alarm', time: 1_790_000_000_000, code: 'A', detail });
    const { proof } = parseEntries((await bundleOf(whole)).get(FILE.entries) ?? new Uint8Array());
    const one = { proof: { ...proof, indexes: proof.indexes.slice(0, 1) }, entries: [entry] };
    const file = join(folder, 'script.zip');
    writeFileSync(file, zipOf(await bundleOf(whole, { [FILE.entries]: encodeEntries(one) })));
    await page.getByLabel(/^Evidence bundle/u).setInputFiles(file);
    await page.getByText(detail).waitFor();
    assert.equal(await page.locator('img').count(), 0);
    await page.getByLabel(/^Evidence bundle/u).setInputFiles([]);
    screen.expectNoFaults();
  });

  it('shows what came of the file chosen last, also when an earlier one takes longer', async () => {
    const files = [join(folder, 'first.zip'), join(folder, 'second.zip')] as const;
    writeFileSync(files[0], zipOf(await bundleOf(whole)));
    writeFileSync(files[1], zipSync({ 'manifest.json': utf8('{}') }));
    await page.getByLabel('Fingerprint of the hospital').fill(fingerprint);
    // The browser reads the first file only when the second one has been judged.
    await page.evaluate(() => {
      File.prototype.arrayBuffer = async function (this: File) {
        Reflect.deleteProperty(File.prototype, 'arrayBuffer'); // what every Blob has is under it
        await new Promise((read) => document.addEventListener('read', read, { once: true }));
        return this.arrayBuffer();
      };
    });
    await page.getByLabel(/^Evidence bundle/u).setInputFiles(files[0]);
    await page.getByText('Checking', { exact: true }).waitFor();
    await page.getByLabel(/^Evidence bundle/u).setInputFiles(files[1]);
    await page.getByText('not an evidence bundle of version 1').first().waitFor();
    const shown = await page.evaluate(async () => {
      document.dispatchEvent(new Event('read'));
      // Longer than the page takes to judge a file.
      for (let i = 0; i < 30; i += 1) await new Promise(requestAnimationFrame);
      return document.querySelector('.notice')?.textContent;
    });
    assert.match(shown ?? '', /not an evidence bundle of version 1/u);
    await page.getByLabel(/^Evidence bundle/u).setInputFiles([]);
    screen.expectNoFaults();
  });

  it('ends as the program does for whatever else somebody is handed', async () => {
    const good = zipOf(await bundleOf(whole));
    assert.deepEqual(await both('good.zip', good), [0, 0]);
    const other = await makeCase(await makeWorld());
    const evidence = FILE.evidence(hashOf(whole));
    const flipped = Uint8Array.from(whole.bytes, (byte, i) =>
      i === whole.bytes.length - 40 ? byte ^ 1 : byte,
    );
    const cases: readonly (readonly [string, Bytes, string | undefined])[] = [
      ['nobody-vouches.zip', good, ''],
      ['other-keys.zip', good, '0000 1111 2222 3333 4444 5555 6666 7777'],
      ['cut.zip', good.subarray(0, good.length - 200), undefined],
      ['no-zip.zip', new TextEncoder().encode('not a zip'), undefined],
      ['changed.zip', zipOf(await bundleOf(whole, { [evidence]: flipped })), undefined],
      ['without.zip', zipOf(await bundleOf(whole, { [evidence]: undefined })), undefined],
      [
        'checkpoint.zip',
        zipOf(await bundleOf(whole, { [FILE.checkpoint]: new Uint8Array([65, 10]) })),
        undefined,
      ],
      ['foreign.zip', zipOf(await bundleOf(other)), undefined],
      ['version.zip', zipSync({ 'manifest.json': utf8('{"format":"countersign/bundle/v2"}') }), undefined],
      ['bomb.zip', zipSync({ 'manifest.json': new Uint8Array(100 * 1024 * 1024) }, { level: 1 }), undefined],
      ['way-out.zip', zipSync({ '../evil.html': utf8('<script>alert(1)</script>') }), undefined],
      ['evidence.cbor', whole.bytes, undefined],
      ['evidence-cut.cbor', whole.bytes.subarray(0, 300), undefined],
    ];
    for (const [name, bytes, typed] of cases) {
      const [shown, ended] = await both(name, bytes, typed);
      assert.equal(shown, ended, name);
      if (name !== 'evidence.cbor') assert.notEqual(shown, 0, name);
    }
    screen.expectNoFaults();
  });
});
