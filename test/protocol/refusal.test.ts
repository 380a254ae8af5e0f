import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeNamed, codeOf, Refusal, REFUSALS } from '../../server/protocol/refusal.ts';
import { SAYS } from '../../server/protocol/refusal-says.ts';

const codes = Object.keys(REFUSALS)
  .map(codeNamed)
  .filter((code) => code !== undefined);

/** The refusals that the catalogue of known attacks on medical devices asks for. */
const BY_ATTACKS = `
E_APPROVAL_STALE E_ASSERTION E_ASSERTION_CRED E_AUDIT_UNAVAILABLE E_BREAKGLASS_SCOPE E_CLOCK E_CMD_HASH E_CMD_LIMIT
E_CMD_MALFORMED E_CMD_RATE_OF_CHANGE E_CMD_SCHEMA E_COUNTER E_DEVICE_IDENTITY E_DPOP_BINDING E_DPOP_MISSING
E_DPOP_NONCE E_DPOP_REPLAY E_DUAL_REQUIRED E_DUAL_SAME_PERSON E_GRANT E_GRANT_DEVICE E_GRANT_EXPIRED E_GRANT_USED
E_LOG_INCONSISTENT E_NONCE E_NOT_ENROLLED E_ORIGIN E_PROXIMITY E_RATE E_ROLE E_ROUTE E_SAFE_STATE E_SCOPE E_TLS_PEER
E_TOKEN_ALG E_TOKEN_AUD E_TOKEN_EXPIRED E_TOKEN_KEY E_TOKEN_MALFORMED E_TOKEN_REVOKED E_TOKEN_SIG E_TOKEN_TYP
E_UPDATE_EXPIRED E_UPDATE_ROLLBACK E_UPDATE_SIG E_VERSION
`
  .trim()
  .split(/\s+/);

/** Codes whose stage is not built yet. A code leaves this list when something says it, and none may join it. */
const WAITING = `
E_LOG_INCONSISTENT E_SECOND_ENTRY E_PROXIMITY E_CLOCK E_ORIGIN E_TOKEN_ALG E_TOKEN_AUD E_TOKEN_KEY E_TOKEN_MALFORMED
E_TOKEN_SIG E_TOKEN_TYP E_DPOP_BINDING E_DPOP_MISSING E_DPOP_NONCE E_DPOP_REPLAY E_UPDATE_SIG E_UPDATE_ROLLBACK
E_UPDATE_EXPIRED
`
  .trim()
  .split(/\s+/);

function* sources(folder: string): Generator<string> {
  for (const item of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, item.name);
    if (item.isDirectory()) yield* sources(path);
    else if (/\.[cm]?[jt]sx?$/.test(item.name) && item.name !== 'refusal.ts') yield path;
  }
}

describe('the table of refusals', () => {
  it('never gives two codes one number', () => {
    assert.equal(new Set(codes.map((code) => REFUSALS[code].number)).size, codes.length);
  });

  it('finds a code by its number and by its name, and nothing else', () => {
    for (const code of codes) {
      assert.equal(codeOf(REFUSALS[code].number), code);
      assert.equal(codeNamed(code), code);
    }
    for (const number of [0, -1, 0.5, 999]) assert.equal(codeOf(number), undefined);
    for (const name of ['', 'E_', 'toString', '__proto__']) assert.equal(codeNamed(name), undefined);
  });

  it('has every refusal that known attacks call for', () => {
    assert.deepEqual(
      BY_ATTACKS.filter((name) => codeNamed(name) === undefined),
      [],
    );
  });

  it('says each in a sentence for people, with a status the web knows', () => {
    for (const code of codes) {
      const { http, number } = REFUSALS[code];
      const says = SAYS[code];
      assert.match(says, /^[A-Z].*\.$/, code);
      assert.ok(!says.includes('E_'), code);
      assert.ok([400, 401, 403, 404, 409, 422, 423, 429, 503].includes(http), code);
      assert.ok(Number.isInteger(number) && number > 0 && number < 0x1_0000, code);
    }
    assert.equal(new Set(codes.map((code) => SAYS[code])).size, codes.length, 'no two sentences alike');
  });

  it('has no code that nothing says', () => {
    const said = ['server', 'clients']
      .flatMap((folder) => [...sources(folder)])
      .map((file) => readFileSync(file, 'utf8'));
    const silent = codes.filter((code) => !said.some((text) => new RegExp(`\\b${code}\\b`).test(text)));
    assert.deepEqual(
      silent.filter((code) => !WAITING.includes(code)),
      [],
    );
  });

  it('names place and reason in the message, and a person never sees them', () => {
    const refusal = new Refusal('E_CMD_LIMIT', 'outside its range', 'Lower rate');
    assert.equal(refusal.message, 'E_CMD_LIMIT: outside its range (Lower rate)');
    assert.ok(!SAYS[refusal.code].includes('Lower rate'));
  });
});
