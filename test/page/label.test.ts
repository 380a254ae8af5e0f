import assert from 'node:assert/strict';
import { labelOf, type NdefMessage } from '../../clients/tablet/label/tap-label.ts';

/** A record as a browser hands it over (Web NFC): the text without its language code. */
const record = (text: string | Uint8Array, more: object = {}): NdefMessage['records'][number] => {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { recordType: 'text', encoding: 'utf-8', data, ...more };
};

describe('the label of a reader, on a tag', () => {
  it('is one text in UTF-8, and short', () => {
    for (const label of ['6B-2', 'station-1', 'Über 3', 'a'.repeat(40)])
      assert.equal(labelOf({ records: [record(label)] }), label);
    assert.equal(labelOf({ records: [record('6B-2', { encoding: undefined })] }), '6B-2');
  });

  it('is nothing else', () => {
    const refused: Readonly<Record<string, NdefMessage>> = {
      'no record': { records: [] },
      'two records': { records: [record('6B-2'), record('6B-2')] },
      'an address': { records: [record('6B-2', { recordType: 'url' })] },
      'a record of somebody else': { records: [record('6B-2', { recordType: 'example.com:label' })] },
      'no data': { records: [record('6B-2', { data: null })] },
      'another encoding': { records: [record('6B-2', { encoding: 'utf-16' })] },
      'bytes that are no text': { records: [record(Uint8Array.of(0x36, 0xff, 0xfe))] },
      'a mark before it': { records: [record('\u{FEFF}6B-2')] },
      'an empty text': { records: [record('')] },
      'a blank before it': { records: [record(' 6B-2')] },
      'two lines': { records: [record('6B-2\n6B-3')] },
      'a text that turns around': { records: [record('6B-2\u{202E}')] },
      'a path': { records: [record('https://example.org/6B-2')] },
      'more than a label has': { records: [record('a'.repeat(41))] },
    };
    for (const [what, message] of Object.entries(refused)) assert.equal(labelOf(message), undefined, what);
  });
});
