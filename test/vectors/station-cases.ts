import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { encode } from '../../server/protocol/encoding/cbor.ts';
import {
  encodeFromStation,
  encodeToStation,
  type FromStation,
  type ToStation,
} from '../../server/protocol/link/station.ts';
import type { Case } from '../support/evidence.ts';
import { testBytes } from '../support/keys.ts';
import { damaged } from './plain-cases.ts';
import { good, type Vector, vector } from './vector-file.ts';

const MALFORMED = 'E_CMD_MALFORMED';

/** What a reader station and its gateway tell each other. */
export function stationCases({ bundle }: Case): Record<string, Vector[]> {
  const [proven] = bundle.credentials;
  if (!proven) throw new Error('a credential');
  const card = encode([2, 1, 0, Uint8Array.of(0x3b, 0x80)]);
  const from: readonly (readonly [FromStation, string])[] = [
    [{ kind: 'hello', label: 'Ward 3, bed 2', readers: ['Reader 0'] }, 'a station and its reader'],
    [{ kind: 'hello', label: 'Ward 3, bed 2', readers: [] }, 'a station without a reader'],
    [{ kind: 'card', session: 1, reader: 0, atr: Uint8Array.of(0x3b, 0x80) }, 'a card lies there'],
    [{ kind: 'gone', session: 1 }, 'it was taken away'],
    [{ kind: 'answer', request: 1, response: Uint8Array.of(0x90, 0) }, 'an answer of the card'],
    [{ kind: 'failed', request: 1, reason: 'card-removed' }, 'an exchange without an answer'],
    [{ kind: 'trouble', reason: 'no-reader' }, 'no card can be seen'],
    [{ kind: 'acted', record: testBytes('record') }, 'what the emergency door did'],
    [{ kind: 'signalled', signal: 1, how: 'shown' }, 'the reader showed itself'],
  ];
  const to: readonly (readonly [ToStation, string])[] = [
    [
      { kind: 'request', request: 1, session: 1, command: Uint8Array.of(0, 0xa4, 4, 0) },
      'a command for a card',
    ],
    [{ kind: 'logged', digest: testBytes('record') }, 'a record is in the log'],
    [{ kind: 'rescuer', proven }, 'somebody who may ask for the safe mode'],
    [{ kind: 'status', status: bundle.status }, 'the revocation list'],
    [{ kind: 'signal', signal: 1 }, 'show which reader you are'],
  ];
  const bad = (name: string, bytes: Bytes, note: string): Vector => vector(name, bytes, MALFORMED, note);
  return {
    'from-station': [
      ...from.map(([message, note], i) => good(encodeFromStation(message), note, `${message.kind} ${i}`)),
      bad('kind', encode([9, 1]), 'no such message'),
      bad('label', encode([1, 'a\u202eb', []]), 'a name that turns the text round'),
      bad('long label', encode([1, 'a'.repeat(65), []]), 'a label of 65 characters'),
      bad('17 readers', encode([1, 'a', Array.from({ length: 17 }, () => 'r')]), 'pcscd knows 16'),
      bad('reader 16', encode([2, 1, 16, Uint8Array.of(0x3b, 0x80)]), 'beyond the last reader'),
      bad('short ATR', encode([2, 1, 0, Uint8Array.of(0x3b)]), 'an ATR of one byte'),
      bad('one byte', encode([4, 1, Uint8Array.of(0x90)]), 'an answer without a status word'),
      bad('reason', encode([5, 1, 'bored']), 'no such reason'),
      bad('how', encode([8, 1, 'loudly']), 'no such answer of a reader'),
      bad('more', encode([3, 1, 1]), 'a member that does not belong'),
      ...damaged(card, MALFORMED),
    ],
    'to-station': [
      ...to.map(([message, note]) => good(encodeToStation(message), note, message.kind)),
      bad('kind', encode([15, 1]), 'no such message'),
      bad('short command', encode([10, 1, 1, Uint8Array.of(0, 0xa4, 4)]), 'a command of 3 bytes'),
      bad('short digest', encode([11, new Uint8Array(31)]), 'a digest of 31 bytes'),
      bad('no proof', encode([12, proven.credential]), 'a credential without its proof'),
      ...damaged(encodeToStation({ kind: 'logged', digest: testBytes('record') }), MALFORMED),
    ],
  };
}
