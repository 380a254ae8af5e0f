import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hex, unhex } from '../../server/protocol/encoding/bytes.ts';
import { flipped, type VectorFile } from './vector-file.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const CHECK = join(FOLDER, 'python', 'check.py');
/** Debian's own Python first: its packages are not seen by another one. */
const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (each) => spawnSync(each, ['-c', 'import cbor2, cryptography']).status === 0,
);

const check = (folder: string) => {
  const { status, stdout, stderr } = spawnSync(PYTHON ?? '', ['-B', CHECK, folder], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
};

/** The vectors with one file changed. */
function changed(
  name: string,
  change: (file: VectorFile) => VectorFile,
): { status: number | null; said: string } {
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
  try {
    cpSync(FOLDER, folder, { recursive: true, filter: (path) => !path.endsWith('.ts') });
    const file = join(folder, name);
    writeFileSync(file, JSON.stringify(change(JSON.parse(readFileSync(file, 'utf8')) as VectorFile)));
    return check(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe('the vectors, read by an implementation in another language', () => {
  if (PYTHON === undefined) {
    process.stdout.write(
      '    the Python check is left out: apt-get install python3-cbor2 python3-cryptography\n',
    );
    return;
  }

  it('are each judged as they say', () => {
    const { status, said } = check(FOLDER);
    assert.equal(status, 0, said);
    assert.match(said, /^[5-9]\d\d vectors in \d+ files, 0 judged otherwise$/mu);
  });

  it('and it does judge: one flipped bit, one wrong expectation, one other version are told', () => {
    const bit = changed('grant.json', (file) => ({
      ...file,
      vectors: file.vectors.map((each, i) =>
        i > 0 ? each : { ...each, given: hex(flipped(unhex(each.given), 60)) },
      ),
    }));
    assert.deepEqual([bit.status, bit.said.includes('gives E_GRANT, not ok')], [1, true], bit.said);
    const lax = changed('cbor.json', (file) => ({
      ...file,
      vectors: file.vectors.map((each) => ({ ...each, expect: 'ok' })),
    }));
    assert.match(lax.said, /gives E_CMD_MALFORMED, not ok/u);
    assert.match(changed('entry.json', (file) => ({ ...file, protocol: 2 })).said, /entry\.json: not known/u);
  });
});
