import assert from 'node:assert/strict';
import { entryInGerman } from '../../clients/auditor/texts/entries-de.ts';
import { base64url } from '../../server/protocol/encoding/bytes.ts';
import { encodeEntry, type Entry } from '../../server/protocol/log/entry.ts';
import { tellEntry } from '../../server/protocol/verify/tell.ts';

const SOME = { time: 0, device: new Uint8Array(8), command: new Uint8Array(32), digest: new Uint8Array(32), kids: [new Uint8Array(16)] }; // prettier-ignore

describe('an entry of the log in German', () => {
  const german = (entry: Entry): string | undefined => entryInGerman(base64url(encodeEntry(entry)));

  it('tells each kind of second check as what it was, as the English does', () => {
    const { digest: _none, ...second } = SOME;
    const all = [0, 1, 2, 3].map((result) => ({ ...second, type: 'secondEntry', result }) as const);
    for (const [i, words] of [/andere Werte/u, /ohne sie zu sehen/u, /abgelehnt/u, /gezeigt/u].entries()) {
      const entry = all[i];
      assert.ok(entry);
      assert.match(german(entry) ?? '', words);
    }
    assert.equal(new Set(all.map((entry) => tellEntry(entry))).size, 4);
    const { digest: _no, ...about } = SOME;
    const intent = { ...about, type: 'intent', tier: 2, commitments: [], link: 1, result: 3 } as const;
    assert.match(`${german(intent)} ${tellEntry(intent)}`, /nur durch Durchsehen.*review only/u);
  });

  it('says nothing of bytes that are no entry', () => {
    assert.equal(entryInGerman('AAAA'), undefined);
    assert.equal(entryInGerman('not base64url'), undefined);
  });
});
