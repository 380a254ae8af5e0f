import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The check that an attack meets, taken out: mutants by name, and lines of this table's own. */
export interface Control {
  /** Names of mutants in test/mutants: each takes one check out. */
  readonly off: readonly string[];
  /** More lines that go: file, exact source (once in the file), what stands there instead. */
  readonly edits?: readonly (readonly [file: string, find: string, replace: string])[];
}

const off = (...names: string[]): Control => ({ off: names });
const edit = (file: string, find: string, replace: string): Control => ({
  off: [],
  edits: [[file, find, replace]],
});

const VERIFY_TOKEN = edit('server/authenticate/access-token.ts', 'throw refusalOf(error);', '');
const NEVER_OPEN = 'server/edge/routes.ts';

/**
 * For each attack: with this taken out of a copy of the sources, the same attack has to succeed. What is not here has
 * no single line to take out, and its attack counts as unproven.
 */
export const CONTROLS: Readonly<Record<string, Control>> = {
  'IMD-01': off('nonce', 'settings', 'counter-behind'),
  'FLOW-16': off('nonce'),
  'FLOW-01': off('settings'),
  'FLOW-04': off('client-prefix'),
  'FLOW-14': off('client-prefix'),
  'FLOW-10': off('second'),
  'GW-15': off('grant-signature'),
  'LOG-08': off('intent-device'),
  'FLOW-11': off('command-version'),
  'WEB-20': off('cose-signature'),
  'FLOW-05': off('role-second', 'distinct'),
  'WEB-21': off('flag-uv'),
  'IMD-28': off('joint'),
  'FLOW-09': off('window'),
  'BED-02': off('cose-signature'),
  'IMD-19': off('grant-late'),
  'WEB-29': edit('server/protocol/cbor.ts', "throw new CborError('not the shortest form', start);", ''),
  'WEB-09': edit('server/protocol/cbor.ts', 'if (last && compare(last, spelled) >= 0)', 'if (false)'),
  'IMD-27': off('strangers'),
  'WEB-02': VERIFY_TOKEN,
  'WEB-04': VERIFY_TOKEN,
  'WEB-05': { ...VERIFY_TOKEN, off: ['tok-members'] },
  'WEB-06': off('tok-typ'),
  'WEB-07': off('tok-life'),
  'WEB-08': off('tok-spelling'),
  'GW-18': VERIFY_TOKEN,
  'GW-13': off('edge-scheme'),
  'WEB-10': off('dpop-key'),
  'WEB-11': off('dpop-once'),
  'WEB-12': off('dpop-iat'),
  'WEB-34': off('approval-signature'),
  'WEB-01': edit('server/edge/origins.ts', '|| !door.origins.includes(origin)', ''),
  'GW-14': edit(
    NEVER_OPEN,
    "signedIn({\n    method: 'get',\n    path: '/v1/locks',",
    "open({\n    method: 'get',\n    path: '/v1/locks',",
  ),
  'GW-19': edit(
    NEVER_OPEN,
    "signedIn({\n    method: 'get',\n    path: '/v1/locks',",
    "open({\n    method: 'get',\n    path: '/v1/locks',",
  ),
  'GW-24': edit('clients/witness/main.ts', "default('127.0.0.1')", "default('0.0.0.0')"),
  'WEB-25': edit('server/limits.ts', 'headersTimeout: { max: 10_000', 'headersTimeout: { max: 25_000'),
  'WEB-18': off('gw-see'),
  'WEB-19': edit(
    'server/authorize/draft-compare.ts',
    'if (equal(first, second)) return undefined;',
    'return undefined;',
  ),
  'WEB-23': off('client-prefix'),
  'BED-18': off('gw-session-revoked', 'gw-still'),
  'LOG-01': edit('server/protocol/verify-log.ts', 'if (checkpoint.size !== size) continue;', 'continue;'),
  'LOG-03': off('quorum'),
  'LOG-10': edit(
    'server/protocol/verify-log.ts',
    'if (time < this.#last && this.#count++ === 0)',
    'if (false)',
  ),
  'LOG-13': off('cose-signature'),
  'IMD-21': edit('clients/common/link/link.ts', 'rejectUnauthorized: true', 'rejectUnauthorized: false'),
  'IMD-02': off('cose-signature'),
  'IMD-11': off('cose-signature'),
  'IMD-32': off('cose-signature'),
  'IMD-06': off('tap-station'),
  'IMD-03': off('tap-budget'),
};

/** A source file of this project. */
export const sourceOf = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
