import { type Bytes, concat, utf8 } from '../../server/protocol/encoding/bytes.ts';
import { type Cbor, decode, encode, isMap } from '../../server/protocol/encoding/cbor.ts';
import { ENTRY, encodeEntry, type Entry, type EntryType } from '../../server/protocol/log/entry.ts';
import type { Case } from '../support/evidence.ts';
import { testBytes } from '../support/keys.ts';
import { TestLog } from '../support/log.ts';
import { damaged } from './plain-cases.ts';
import { good, type Vector, vector } from './vector-file.ts';

const CODE = 'E_LOG_PROOF';

/** A value for each field an entry can have. */
const SAMPLE: Omit<Entry, 'type' | 'time'> = {
  device: testBytes('device', 8),
  command: testBytes('command'),
  kids: [testBytes('kid', 16)],
  tier: 1,
  code: 'E_POLICY',
  digest: testBytes('digest'),
  number: 7,
  commitments: [testBytes('commitment')],
  detail: 'ward 3',
  index: 5,
  result: 1,
  link: 1,
};
const isType = (name: string): name is EntryType => Object.hasOwn(ENTRY, name);

/** Every kind of entry as short and as long as it may be, and each with one field too few and one too many. */
export function entryCases({ bundle }: Case): Vector[] {
  const shortest = (type: EntryType): Entry => ({ type, time: 1, ...pick(ENTRY[type].required) });
  const credential = encodeEntry(shortest('credential'));
  return [
    good(credential, 'a credential was issued'),
    good(bundle.proof.entry, 'an intent', 'an intent'),
    vector('kind', replaced(credential, 1, 999), CODE, 'no such kind'),
    vector('late', replaced(credential, 2, 'x'), CODE, 'a time that is no number'),
    vector('detail', replaced(encodeEntry(shortest('export')), 11, 'w\u00e4rd'), CODE, 'not printable ASCII'),
    ...Object.keys(ENTRY)
      .filter(isType)
      .flatMap((type) => kindCases(type, shortest(type))),
    ...damaged(credential, CODE),
  ];
}

function kindCases(type: EntryType, entry: Entry): Vector[] {
  const { required, optional } = ENTRY[type];
  const bytes = encodeEntry(entry);
  const longest = encodeEntry({ ...entry, ...pick(optional) });
  const fields = fieldsOf(bytes);
  const [, , key = 0] = [...fields.keys()];
  const short = encode(new Map([...fields].filter(([each]) => each !== key)));
  const foreign = [3, 11, 12].find((each) => !fieldsOf(longest).has(each)) ?? 13;
  return [
    good(bytes, required.join(', '), `${type}, shortest`),
    good(longest, [...required, ...optional].join(', '), `${type}, longest`),
    vector(`${type}, too few`, short, CODE, `field ${key} is missing`),
    vector(
      `${type}, too many`,
      replaced(longest, foreign, SAMPLE.device ?? ''),
      CODE,
      `field ${foreign} is foreign`,
    ),
  ];
}

const pick = (names: readonly (keyof typeof SAMPLE)[]): Partial<Entry> =>
  Object.fromEntries(names.map((name) => [name, SAMPLE[name]]));

function fieldsOf(bytes: Bytes): ReadonlyMap<number, Cbor> {
  const value = decode(bytes);
  if (!isMap(value)) throw new Error('an entry is a map');
  return value;
}
const replaced = (bytes: Bytes, key: number, value: Cbor): Bytes =>
  encode(new Map([...fieldsOf(bytes), [key, value]]));

/** Checkpoints as text, under the log key and the witnesses of the world. */
export async function checkpointCases({ world, bundle }: Case): Promise<Record<string, Vector[]>> {
  const note = bundle.proof.checkpoint;
  const lines = note.split('\n');
  const foreign = async (log: TestLog): Promise<Bytes> => {
    log.entries.push(...world.log.entries);
    return utf8(await log.checkpoint(1_790_000_000));
  };
  const bad = (name: string, text: string, about: string): Vector => vector(name, utf8(text), CODE, about);
  const [origin = '', size = '', root = ''] = lines;
  const unknown = '— stranger.test AAAAAAAAAAAAAAAA\n';
  return {
    checkpoint: [
      good(utf8(note), 'signed by the log, seen by a witness'),
      good(utf8(note + unknown), 'signatures of strangers are ignored', 'stranger'),
      bad('no witness', `${lines.slice(0, 5).join('\n')}\n`, 'signed by the log alone'),
      bad(
        'no log',
        [...lines.slice(0, 4), ...lines.slice(5)].join('\n'),
        'seen by a witness, signed by nobody',
      ),
      bad('twice', note + `${lines[5]}\n`, 'a witness signs once'),
      bad('CRLF', note.replaceAll('\n', '\r\n'), 'a control character'),
      bad('extension', note.replace('\n\n', '\nmore\n\n'), 'a fourth line'),
      bad('leading zero', note.replace(`\n${size}\n`, `\n0${size}\n`), 'two spellings of one size'),
      bad('other size', note.replace(`\n${size}\n`, `\n${Number(size) + 1}\n`), 'not what was signed'),
      bad(
        'other root',
        note.replace(root, `${root.startsWith('A') ? 'B' : 'A'}${root.slice(1)}`),
        'not what was signed',
      ),
      bad('other origin', note.replace(`${origin}\n`, 'elsewhere.test\n'), 'another log'),
      bad('no blank line', note.replace('\n\n', '\n'), 'signatures have to stand apart'),
      bad('nothing', '', 'no text'),
      vector('not UTF-8', concat(utf8(note), Uint8Array.of(0xff)), CODE, 'bytes that are no text'),
      vector('foreign log', await foreign(new TestLog('foreign')), CODE, 'signed by another log'),
      vector('foreign witness', await foreign(new TestLog('log', 'stranger')), CODE, 'seen by a stranger'),
    ],
  };
}
