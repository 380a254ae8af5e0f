import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { coseKey } from '../../server/protocol/encoding/cose-key.ts';
import { ALGORITHM } from '../../server/protocol/crypto.ts';
import { makeCase } from '../support/evidence.ts';
import { makeWorld } from '../support/fixtures.ts';
import { testSecret, testSigner } from '../support/keys.ts';
import { bundleCases, bundleCommitments, bundleRoot } from './bundle-cases.ts';
import { judgesOf, outcomeOf, type World } from './judges.ts';
import { cborCases, changesCases, commandCases, coseKeyCases, derCases, smallCases } from './plain-cases.ts';
import { approvalCases, signedCases } from './signed-cases.ts';
import { emergencyCases } from './emergency-cases.ts';
import { anchorsCases, wholeCases } from './whole-cases.ts';
import { PROTOCOL } from '../../server/protocol/version.ts';
import { SECTIONS } from './sections.ts';
import { checkpointCases, entryCases } from './log-cases.ts';
import { fleetCases } from './fleet-cases.ts';
import { screenCases } from './screen-cases.ts';
import { testedCases } from './statement-cases.ts';
import { stationCases } from './station-cases.ts';
import { telemetryCases } from './telemetry-cases.ts';
import { type Vector, vectorFile } from './vector-file.ts';

/**
 * Writes the vectors anew: `npm run vectors`. Keys and contents are the same each time; ECDSA signatures are
 * not, so every run changes the files. Run it when a message changes, not otherwise.
 */
const folder = fileURLToPath(new URL('.', import.meta.url));

const PARTIES = ['authority', 'recovery', 'maker', 'gateway', 'device', 'alice', 'bob', 'stranger', 'tester'];
const LOG_PARTIES = ['log', 'witness', 'foreign', 'stranger'];

function keyRow(name: string, alg: -7 | -8) {
  const { key } = testSigner(name, alg);
  return { name, alg, secret: hex(testSecret(name)), kid: hex(key.kid), key: hex(coseKey(alg, key.raw)) };
}

const whole = await makeCase(await makeWorld());
const { world: made, bundle, evidence } = whole;
const { key: signer } = made.alice.signer;
const world: World = {
  anchors: hex(evidence.anchors),
  device: hex(made.deviceId),
  deviceKey: hex(evidence.deviceKey),
  testerKey: hex(coseKey(-7, testSigner('tester').key.raw)),
  root: hex(bundleRoot()),
  commitments: bundleCommitments().map(hex),
  profile: hex(evidence.profile),
  settings: [...made.attestation.settings],
  command: hex(bundle.command),
  signerKey: hex(coseKey(signer.alg, signer.raw)),
  origin: made.alice.site.origin,
  rpId: made.alice.site.rpId,
};

const files: Record<string, readonly Vector[]> = {
  cbor: cborCases(),
  'cose-key': coseKeyCases(),
  command: commandCases(whole),
  changes: changesCases(whole),
  'der-signature': derCases(),
  approval: await approvalCases(whole),
  ...(await signedCases(whole)),
  ...(await anchorsCases(whole)),
  ...(await wholeCases(whole)),
  ...(await checkpointCases(whole)),
  ...stationCases(whole),
  ...(await fleetCases(whole)),
  ...(await telemetryCases(whole)),
  ...screenCases(whole),
  conformance: await testedCases(whole),
  ...bundleCases(),
  entry: entryCases(whole),
  ...smallCases(whole),
  ...(await emergencyCases(whole)),
};

const judges = judgesOf(world);
let wrong = 0;
for (const [message, vectors] of Object.entries(files)) {
  const judge = judges[message];
  if (!judge) throw new Error(`nobody judges ${message}`);
  for (const { name, given, expect } of vectors) {
    const outcome = await outcomeOf(judge, unhex(given));
    if (outcome === expect) continue;
    wrong++;
    process.stderr.write(`${message}: "${name}" gives ${outcome}, not ${expect}\n`);
  }
}
if (wrong > 0) throw new Error('nothing was written: the vectors above do not do what they say');

for (const name of readdirSync(folder)) if (name.endsWith('.json')) rmSync(join(folder, name));
const keys = [
  ...PARTIES.map((name) => keyRow(name, ALGORITHM.ES256)),
  ...LOG_PARTIES.map((name) => keyRow(name, ALGORITHM.EdDSA)),
];
const about = 'TEST KEYS: their secrets are public. They must not be trusted by anything but tests.';
const lines = keys.map((row) => `    ${JSON.stringify(row)}`).join(',\n');
writeFileSync(join(folder, 'keys.json'), `{\n  "about": "${about}",\n  "keys": [\n${lines}\n  ]\n}\n`);
writeFileSync(join(folder, 'world.json'), `${JSON.stringify(world, undefined, 2)}\n`);
for (const [message, vectors] of Object.entries(files)) {
  const file = vectorFile({ protocol: PROTOCOL, message, section: SECTIONS[message] ?? '', vectors });
  writeFileSync(join(folder, `${message}.json`), file);
}
const count = Object.values(files).reduce((sum, vectors) => sum + vectors.length, 0);
process.stdout.write(`${count} vectors in ${Object.keys(files).length} files\n`);
