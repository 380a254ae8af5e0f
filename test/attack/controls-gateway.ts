import { readFileSync } from 'node:fs';
import { all, type Control, edit, off } from './control.ts';

const APP = 'server/edge/app.ts';
const TAKE_APART = 'server/edge/take-apart.ts';
const STRICT_JSON = 'server/protocol/encoding/strict-json.ts';

/** What the lock file says of one package: its version, and its bytes. */
function locked(name: string): string {
  const lock = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
  const entry = lock.slice(lock.indexOf(`"node_modules/${name}": {`));
  return /"version": "[^"]+",\s*"integrity": "[^"]+",/u.exec(entry)?.[0] ?? '';
}

/** Whatever a token says is believed. */
const UNVERIFIED = edit('server/authenticate/access-token.ts', ['throw refusalOf(error);', '']);
/** A route that forgot to ask who is there. */
const FORGOTTEN = edit('server/edge/routes/routes.ts', [
  "signedIn({\n    method: 'get',\n    path: '/v1/locks',",
  "open({\n    method: 'get',\n    path: '/v1/locks',",
]);

/** Every party has the same TLS key. */
const SHARED = edit(
  'certs/parties.ts',
  [
    ": generateKeyPairSync('ec', { namedCurve: 'prime256v1' });",
    ": path.endsWith('/tls.key.pem') ? ((globalThis as unknown as { same: ReturnType<typeof ec> }).same ??= ec()) : ec();",
  ],
  [
    'export const keyItem =',
    "const ec = () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' });\nexport const keyItem =",
  ],
);

/** What gateway, witness and programs hold against attacks. */
export const GATEWAY_CONTROLS: Readonly<Record<string, Control>> = {
  'WEB-02': UNVERIFIED,
  'WEB-04': UNVERIFIED,
  'GW-18': UNVERIFIED,
  'WEB-05': all(UNVERIFIED, off('tok-members')),
  'WEB-06': off('tok-typ'),
  'WEB-07': off('tok-life'),
  'WEB-08': off('tok-spelling'),
  'WEB-26': edit(
    'server/authenticate/jwt-shape.ts',
    [
      "const parts = token.split('.');",
      "const parts = token.split('.');\n  if (parts.length === 5) pbkdf2Sync('', '', Number(JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString()).p2c ?? 1), 32, 'sha256');",
    ],
    [
      'import { type Bytes, unbase64url }',
      "import { pbkdf2Sync } from 'node:crypto';\nimport { type Bytes, unbase64url }",
    ],
  ),
  'GW-13': off('edge-scheme'),
  'WEB-10': off('dpop-key'),
  'WEB-11': off('dpop-once'),
  'WEB-12': off('dpop-iat'),
  'WEB-13': edit(
    TAKE_APART,
    ['const MAX_TARGET = 300;', 'const MAX_TARGET = 8_000;'],
    [
      "const token = given?.length === 1 ? TOKEN.exec(given[0] ?? '')?.[1] : undefined;",
      "const inUrl = new URL(request.url, 'http://x').searchParams.get('token');\n  if (inUrl !== null) request.url = request.url.split('?')[0] ?? '';\n  const token = TOKEN.exec(given?.[0] ?? '')?.[1] ?? inUrl ?? undefined;",
    ],
  ),
  'WEB-14': edit('server/authenticate/sessions.ts', [
    'const session = this.#byId.get(id);\n    this.#byId.delete(id);',
    "if (id !== '') return;\n    const session = this.#byId.get(id);",
  ]),
  'WEB-34': off('approval-signature'),
  'WEB-01': edit('server/edge/origins.ts', ['|| !door.origins.includes(origin)', '']),
  'GW-14': FORGOTTEN,
  'GW-19': FORGOTTEN,
  'GW-17': all(FORGOTTEN, edit(APP, ["app.enable('case sensitive routing').enable('strict routing');", ''])),
  'GW-20': edit(APP, [
    "app.use(() => {\n    throw new Refusal('E_ROUTE', 'no such route');",
    "app.use((_request, response) => {\n    response.end('here');",
  ]),
  'GW-24': edit('clients/witness/main.ts', ["default('127.0.0.1')", "default('0.0.0.0')"]),
  'WEB-25': edit('server/limits.ts', ['headersTimeout: { max: 10_000', 'headersTimeout: { max: 25_000']),
  'LOG-07': edit(STRICT_JSON, ['if (depth > MAX_DEPTH)', 'if (false)']),
  'GW-21': edit(STRICT_JSON, ['if (PROTOTYPE.has(name))', 'if (false)']),
  'GW-10': edit(
    STRICT_JSON,
    ["throw new Refusal('E_CMD_MALFORMED', `${why}", 'throw new RangeError(`${why}'],
    [", 'body');\n  }\n}", ');\n  }\n}'],
  ),
  'LOG-05': edit(APP, [
    'const { problem, refusal } = problemOf(error);',
    'process.stderr.write(`${decodeURIComponent(request.url)}\\n`);\n    const { problem, refusal } = problemOf(error);',
  ]),
  'LOG-11': edit(APP, [
    'const { problem, refusal } = problemOf(error);',
    'process.stderr.write(`${JSON.stringify(request.headers)}\\n`);\n    const { problem, refusal } = problemOf(error);',
  ]),
  'WEB-18': off('gw-see'),
  'WEB-19': edit('server/authorize/draft-compare.ts', [
    'if (equal(first, second)) return undefined;',
    'return undefined;',
  ]),
  'WEB-23': edit('server/protocol/approval.ts', [
    'checkClientData(approval.clientDataJSON, clientDataPrefix(challenge, site.origin));',
    '',
  ]),
  'BED-18': off('gw-session-revoked', 'gw-still'),
  'FLOW-02': all(
    off(
      'nonce', 'settings', 'counter-behind', 'once', 'spent', 'not-spent', 'grant-nonce', 'changes',
      'gw-lane', 'gw-grant-once', 'gw-once', 'gw-again', 'gw-sit-nonce', 'gw-sit-counter', 'gw-sit-settings', 'gw-cool-down', 'gw-rate',
    ), // prettier-ignore
    edit('server/authorize/cancel-window.ts', ['if (this.#waiting.has(hash))', 'if (false)']),
  ),
  'LOG-04': all(
    edit(
      'server/audit/cosigning.ts',
      [
        "throw this.#report(new LogInconsistent('truncated', why), last);",
        'peer.seen = 0;\n      return void why;',
      ],
      [
        "throw this.#report(new LogInconsistent('fork', why), last);",
        'peer.seen = 0;\n      return void why;',
      ],
    ),
    edit(
      'clients/witness/witness.ts',
      ['if (old !== (last?.size ?? 0))', 'if (false)'],
      ['if (!continues(crypto, last, path, checkpoint))', 'if (false)'],
    ),
  ),
  'GW-03': SHARED,
  'BED-22': SHARED,
  'GW-08': off('vit-skip', 'vit-future', 'vit-old', 'vit-chain', 'vit-head-device'),
  'BED-11': edit(
    'server/edge/sockets/device-socket.ts',
    ['    rejectUnauthorized: true,\n', '    rejectUnauthorized: false,\n'],
    ['socket instanceof TLSSocket && socket.authorized ?', 'socket instanceof TLSSocket ?'],
    [
      'const known = options.recognise(fingerprint, path);',
      "const named = (request.socket as TLSSocket).getPeerCertificate().subject.CN;\n    const known: Recognised = { kind: 'device', id: String(named) };",
    ],
  ),
  'BED-14': all(
    edit('clients/device/bedside.ts', ['const HEARTBEAT_MS = 10_000;', 'const HEARTBEAT_MS = 300_000;']),
    edit('server/limits.ts', ['heartbeat: { max: 10_000', 'heartbeat: { max: 300_000']),
  ),
  'FLOW-17': all(
    edit(
      'server/limits.ts',
      ['exchange: {\n    max: 10_000,', 'exchange: {\n    max: 300_000,'],
      ['heartbeat: { max: 10_000', 'heartbeat: { max: 300_000'],
    ),
    edit('clients/device/bedside.ts', ['const HEARTBEAT_MS = 10_000;', 'const HEARTBEAT_MS = 300_000;']),
  ),
  'FLOW-13': off('not-before', 'gw-life', 'witness-clock'),
  'FLOW-07': off('glass-tier'),
  'WEB-27': off('patient-rate'),
  'FLOW-06': edit('server/authorize/drafts.ts', [
    'if (own.length >= this.#need.bounds().openPerPerson)',
    'if (false)',
  ]),
  'LOG-06': off('gw-flood'),
  'SUP-04': edit('package-lock.json', [locked('fflate'), locked('fflate').replace(/"integrity": .*/u, '')]),
  'SUP-07': edit('clients/ward/setup.mjs', ["const args = ['ci',", "const args = ['install',"]),
  'BED-16': edit('clients/witness/main.ts', [
    'const HELP',
    "const away = Object.values((await import('node:os')).networkInterfaces()).flat().find((one) => one?.internal === false)?.address;\nconst told = (await import('node:net')).createServer().listen(0, () => void (told.address() && import('node:net').then(({ connect }) => connect((told.address() as { port: number }).port, away))));\nconst HELP",
  ]),
  'BED-08': off('slot-hash'),
  'GW-06': edit(
    'server/authorize/load-policy.ts',
    ['if (!equal(detail.bytes(1, 32), hash)) {', 'if (false) {'],
    ['if (!previous || equal(previous.json, json)) return;', 'if (json !== undefined) return;'],
  ),
  'SUP-06': edit('package-lock.json', [
    locked('fflate'),
    locked('fflate').replace(/"version": "[^"]+"/u, '"version": "0.0.1"'),
  ]),
  'WEB-30': off('plain-context', 'gw-rate', 'gw-cool-down'),
  'WEB-15': edit('server/authenticate/sessions.ts', [
    'const session = this.#byId.get(id);\n    this.#byId.delete(id);',
    "if (id !== '') return;\n    const session = this.#byId.get(id);",
  ]),
  'IMD-29': edit('server/authenticate/tablets.ts', [
    "if (!held?.enrolled) throw new Refusal('E_NOT_ENROLLED', 'no operator enrolled this tablet', 'tablet');",
    "if (!held?.enrolled) return 'any';",
  ]),
  'GW-11': edit('clients/issuer/passkeys.ts', [
    'if (!result?.verified) return undefined;\n    if (!this.#accounts.counted(',
    'if (!result?.verified) return this.#accounts.find(passkey.subject);\n    if (!this.#accounts.counted(',
  ]),
  'BED-10': off('est-same'),
};
