import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext } from 'playwright-core';
import { credentialOf } from '../../../certs/clinicians.ts';
import { VISIT } from '../../../clients/ward/reception.ts';
import { base64url, hex, unbase64url } from '../../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../../server/protocol/encoding/cose-key.ts';
import { readCredential } from '../../../server/protocol/credential.ts';
import { ALGORITHM } from '../../../server/protocol/crypto.ts';
import { nodeCrypto } from '../../support/keys.ts';
import type { PageWard } from './ward.ts';

/**
 * Has the visitor of a tablet be Dr B, who may ask and may sign second: the hospital's authority certifies the key that they
 * made for this page too. Who is kept from being both can then be kept by nothing but who they are.
 */
export const mayBeBoth = (context: BrowserContext, ward: PageWard): Promise<unknown> =>
  context.route('**/v1/visitors', async (route) => {
    const visit = VISIT.parse(route.request().postDataJSON());
    certify(ward, visit.passkey);
    // The reception certifies a key for the other page, as it always does for Dr B: this one is nobody's.
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })).slice(-64);
    const passkey = base64url(coseKey(ALGORITHM.ES256, raw));
    const answer = await fetch(`http://127.0.0.1:${ward.port('reception')}/v1/visitors`, {
      method: 'POST',
      headers: {
        host: new URL(route.request().url()).host,
        origin: new URL(ward.page('Second signature')).origin,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ ...visit, person: 'dr-b', passkey }),
    });
    await route.fulfill({
      status: answer.status,
      contentType: 'application/json',
      headers: { 'access-control-allow-origin': new URL(ward.page('Tablet')).origin },
      body: await answer.text(),
    });
  });

function certify({ folder }: PageWard, passkey: string): void {
  const file = new Uint8Array(readFileSync(join(folder, 'keys', credentialOf('dr-b'))));
  const { subject } = readCredential(nodeCrypto, file).said;
  const request = {
    subject: hex(subject),
    roles: ['clinician', 'second'],
    coseKey: hex(unbase64url(passkey)),
    rpId: 'sign-a.localhost',
    days: 30,
    backupEligible: false,
  };
  const requests = join(folder, 'authority', 'requests');
  mkdirSync(requests, { recursive: true });
  writeFileSync(join(requests, 'both.json'), JSON.stringify(request));
}
