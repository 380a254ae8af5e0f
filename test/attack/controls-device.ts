import { all, type Control, edit, off } from './control.ts';

/** The same key for each handshake. */
const ONE_KEY = edit('clients/common/process/tap-crypto.ts', [
  'pair.generateKeys();\n    return agreementKey(pair);',
  'pair.generateKeys();\n    return ((globalThis as unknown as { same: AgreementKey }).same ??= agreementKey(pair));',
]);
/** A sealed message is opened without looking at its tag: AES-CCM is counter mode beneath it. */
const NO_TAG = [
  ["createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG })", "createDecipheriv('aes-128-ctr', key, concat(Uint8Array.of(1), nonce, Uint8Array.of(0, 1)))"],
  ['cipher.setAuthTag(sealed.subarray(sealed.length - TAG));', ''],
  ["cipher.setAAD(aad, { plaintextLength: plain.length });\n    try", 'try'],
] as const; // prettier-ignore
const SEALED = [
  ['clients/common/process/tap-crypto.ts', ...NO_TAG],
  ['server/tap-crypto.ts', ...NO_TAG],
] as const;
/** Whatever goes wrong in a device is nobody's business. */
const UNCODED = edit('clients/device/sdk/device.ts', [
  'if (!(error instanceof Refusal))\n        return',
  'if (error instanceof Error) throw error;\n      if (false)\n        return',
]);

/** What a device itself holds against attacks, over the wire, in the air and on paper. */
export const DEVICE_CONTROLS: Readonly<Record<string, Control>> = {
  'IMD-01': off('nonce', 'settings', 'counter-behind'),
  'FLOW-16': off('nonce'),
  'FLOW-01': off('settings'),
  'FLOW-04': off('client-prefix'),
  'FLOW-14': off('client-prefix'),
  'FLOW-10': off('second'),
  'FLOW-15': off('grant-signature', 'log-signed', 'quorum', 'force-witness'),
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
  'WEB-29': edit(
    'server/protocol/encoding/cbor.ts',
    ["if (argument < 24) throw new CborError('not the shortest form', start);", ''],
    ["if (argument < 2 ** (4 * width)) throw new CborError('not the shortest form', start);", ''],
  ),
  'WEB-09': edit('server/protocol/encoding/cbor.ts', [
    'if (last !== undefined && byEncoding(last, key) >= 0)',
    'if (false)',
  ]),
  'IMD-15': UNCODED,
  'BED-21': UNCODED,
  'IMD-17': all(
    off('ordinary'),
    edit('server/protocol/limits.ts', [
      "if (!rule) throw new Refusal('E_ROUTE', 'the profile has no such operation', 'command.7');",
      'if (!rule) return { operation, risk: 1, lowers: false, presence: false } as unknown as OperationRule;',
    ]),
  ),
  'IMD-27': off('strangers'),
  'IMD-13': edit(
    'server/protocol/seal.ts',
    ['|| !entry.command || !equal(entry.command, hash)', ''],
    ['if (!equal(receipt.command, hash))', 'if (false)'],
    ["if (!exact && receipt.result === 'applied')", 'if (false)'],
  ),
  'LOG-01': edit('server/protocol/verify-log.ts', ['if (checkpoint.size !== size) continue;', 'continue;']),
  'LOG-03': off('quorum'),
  'LOG-10': edit('server/protocol/verify-log.ts', [
    'if (time < this.#last && this.#count++ === 0)',
    'if (false)',
  ]),
  'LOG-13': off('cose-signature'),
  'IMD-21': edit('clients/common/link/link.ts', ['rejectUnauthorized: true', 'rejectUnauthorized: false']),
  'IMD-02': off('cose-signature'),
  'IMD-11': off('cose-signature'),
  'IMD-32': off('cose-signature'),
  'IMD-06': off('tap-station'),
  'IMD-03': off('tap-budget'),
  'IMD-04': edit('server/protocol/link/applet.ts', [
    'return this.#no(SW.WRONG_INS);',
    'return encodeResponse(SW.OK);',
  ]),
  'IMD-10': edit('clients/device/sdk/tap.ts', [
    'onMessage: (message) => end.receive(message)',
    "onMessage: (message) => (message[0] ?? 0) > 4 ? device.handle(message, { kind: 'nfc', channel: new Uint8Array(32) }) : end.receive(message)",
  ]),
  'IMD-12': ONE_KEY,
  'IMD-31': ONE_KEY,
  'IMD-33': all(...SEALED.map(([file, ...pairs]) => edit(file, ...pairs))),
  'IMD-34': edit('server/broker/delivered.ts', [
    "said));\n  } catch (error) {\n    return done({ kind: 'unknown', why: said(error) });",
    "said));\n  } catch {\n    return done({ kind: 'turned-down', code: 'E_LINK', absence: undefined });",
  ]),
  'BED-01': edit('clients/device/main.ts', [
    'const { gateway, cardSocket, ...bench } = context.readConfig(CONFIG);',
    "const { gateway, cardSocket, ...bench } = context.readConfig(CONFIG);\n  (await import('node:net')).createServer().listen(0, '127.0.0.1');",
  ]),
  'IMD-07': off('e-operation'),
  'WEB-28': edit('clients/device/sdk/doorman.ts', ['ticksPerToken: 3 }', 'ticksPerToken: 3_000 }']),
  'BED-15': off('range-low', 'max-change', 'drift', 'window'),
  'IMD-14': ONE_KEY,
  'BED-23': all(...SEALED.map(([file, ...pairs]) => edit(file, ...pairs))),
  'IMD-18': off('tap-length'),
  'BED-06': off('quorum', 'approval-signature', 'client-prefix'),
  'LOG-12': off('quorum'),
  'IMD-25': ONE_KEY,
};
