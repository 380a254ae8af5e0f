import { randomBytes } from 'node:crypto';
import { type Cbor, encode } from '../../../server/protocol/encoding/cbor.ts';
import { type Bytes, unhex } from '../../../server/protocol/encoding/bytes.ts';
import { isAllowed } from '../../../server/protocol/profile.ts';
import { openAbsence } from '../../../server/protocol/receipt.ts';
import { Refusal } from '../../../server/protocol/refusal.ts';
import { nodeCrypto } from '../../common/process/crypto.ts';
import { unexpected } from '../answers.ts';
import { openedReceipt } from '../bench-checks.ts';
import { CaseFault, demand, same } from '../faults.ts';
import { type Case, reject } from './case.ts';

/** Spellings that section 2.1 forbids, each standing where `open` would be fine. */
const SPELLINGS: readonly (readonly [name: string, digits: string, what: string])[] = [
  ['long-integer', '811801', 'an integer that is not in its shortest form'],
  ['indefinite', '9f01ff', 'an array of indefinite length'],
  ['float', '81f93c00', 'a float in place of an integer'],
  ['tag', '81c101', 'a tag'],
  ['trailing', '810100', 'a byte after the end'],
  ['cut', '82', 'an array that is cut short'],
  ['deep', `${'81'.repeat(12)}01`, 'brackets within brackets'],
  ['empty', '80', 'an array of nothing'],
  ['map', 'a10101', 'a map in place of an array'],
];

const malformed = (id: string, says: string, bytes: () => Bytes): Case =>
  reject(`message.${id}`, says, '2.1', 'E_CMD_MALFORMED', () => Promise.resolve(bytes()));
const requestOf = (value: Cbor) => (): Bytes => encode(value);

const rising = (a: number, b: number): number => a - b;

/** What a device says of itself, and what it makes of messages that are none. */
export const conversationCases: readonly Case[] = [
  {
    id: 'open.attestation',
    says: 'opened, it attests everything it is: settings within its profile, and all of them',
    section: '3.7',
    async run(bench) {
      const said = await bench.open();
      const { profile } = bench.parts;
      const codes = profile.parameters.map(({ code }) => code);
      same(
        'it attests every setting of its profile, and no other',
        'attestation.12',
        codes.toSorted(rising),
        [...said.settings.keys()].toSorted(rising),
      );
      for (const p of profile.parameters)
        demand(
          !p.programmed || isAllowed(p, said.settings.get(p.code) ?? NaN),
          `${p.name} is a value the profile allows`,
          'attestation.12',
        );
      demand(
        said.ticksLeft <= profile.nonceTicks.r2,
        'a nonce lives no longer than the profile says',
        'attestation.4',
      );
      same('the device under test runs', 'attestation.17', 'running', said.mode);
    },
  },
  {
    id: 'open.again',
    says: 'opened again, it shows the same nonce: a stranger’s tap voids nobody’s work',
    section: '4, nonces',
    async run(bench) {
      const [first, again] = [await bench.open(), await bench.open()];
      same('opening again gives the same nonce', 'attestation.1', first.nonce, again.nonce);
      demand(again.ticks >= first.ticks, 'ticks never go back', 'attestation.3');
      same(
        'the nonce of the emergency has a slot of its own',
        'attestation.2',
        first.emergencyNonce,
        again.emergencyNonce,
      );
    },
  },
  {
    id: 'receipt.absent',
    says: 'asked for a command that it never took, it signs that it did not, and not yet for ever',
    section: '3.7',
    async run(bench) {
      const { counter, receiptNumber } = await bench.open();
      const command = new Uint8Array(randomBytes(32));
      const answer = await bench.patiently({ kind: 'receipt-for', command });
      if (answer.kind !== 'absence') throw unexpected('a signed absence', answer);
      const said = await openAbsence(nodeCrypto, answer.absence, bench.parts.declaration.identity).catch(
        (error: unknown) => {
          if (!(error instanceof Refusal)) throw error;
          throw new CaseFault('an absence is signed by the declared identity key', {
            expected: 'it to verify',
            got: error.message,
            field: error.field ?? '',
          });
        },
      );
      same('an absence names the command that was asked for', 'absence.2', command, said.command);
      same('while its nonce is open, a command may still come', 'absence.3', false, said.final);
      same('an absence says how many receipts there were', 'absence.4', receiptNumber, said.number);
      same('an absence says how many commands it took', 'absence.5', counter, said.counter);
    },
  },
  {
    id: 'receipt.list',
    says: 'it gives the receipts it keeps, oldest first, each signed and none missing',
    section: '3.7',
    async run(bench) {
      const { receiptNumber } = await bench.open();
      const answer = await bench.send({ kind: 'receipts-since', number: 0 });
      if (answer.kind !== 'receipts') throw unexpected('the receipts it keeps', answer);
      const { identity } = bench.parts.declaration;
      const numbers: number[] = [];
      for (const bytes of answer.receipts) numbers.push((await openedReceipt(bytes, identity)).number);
      const first = receiptNumber - numbers.length + 1;
      same(
        'receipts follow each other up to the last',
        'answer.1',
        numbers.map((_, i) => first + i),
        numbers,
      );
      demand(numbers.length >= Math.min(16, receiptNumber), 'it keeps at least the last 16', 'answer.1');
      const none = await bench.send({ kind: 'receipts-since', number: receiptNumber });
      same(
        'there is none after the last',
        'answer.1',
        0,
        none.kind === 'receipts' ? none.receipts.length : -1,
      );
    },
  },
  reject('message.unknown', 'a request that does not exist is refused', '6', 'E_ROUTE', () =>
    Promise.resolve(encode([99])),
  ),
  ...SPELLINGS.map(([id, digits, what]) => malformed(id, `${what} is refused`, () => unhex(digits))),
  malformed('more', 'a request with one member too many is refused', requestOf([1, 1])),
  malformed('short-hash', 'a request with a hash of 31 bytes is refused', requestOf([4, new Uint8Array(31)])),
  malformed('text', 'a request with text for bytes is refused', requestOf([2, 'bundle'])),
  reject(
    'message.emergency',
    'over the network the emergency is refused',
    '6',
    'E_BREAKGLASS_SCOPE',
    () => Promise.resolve(encode([3, new Uint8Array(8)])),
    { needs: ['websocket'] },
  ),
  reject(
    'message.presence',
    'over the network the emergency is not opened',
    '6',
    'E_BREAKGLASS_SCOPE',
    () => Promise.resolve(encode([7])),
    { needs: ['websocket'] },
  ),
];
