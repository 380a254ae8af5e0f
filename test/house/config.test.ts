import assert from 'node:assert/strict';
import { DEVELOPMENT_ONLY_shortWaits, describeConfig, readConfig } from '../../server/config.ts';

const GOOD = {
  folder: '.ward/gateway',
  keys: '.ward/keys/gateway',
  ports: { devices: 8443, clinicians: 8080 },
  hostnames: { devices: 'gate.localhost', clinicians: 'gate.localhost' },
  witnesses: [{ name: 'w1', url: 'http://127.0.0.1:9000', vkey: 'w1+00+AA' }],
  trust: '.ward/keys/public',
  hospital: '.ward/hospital',
  issuer: { url: 'https://id.example', audience: 'https://gate.example/v1' },
};
const from =
  (raw: unknown): ((file: string) => string) =>
  () =>
    JSON.stringify(raw);
const faultsOf = (argv: string[], env: Record<string, string>, raw: unknown): string[] => {
  try {
    readConfig(argv, env, from(raw));
  } catch (error) {
    return error instanceof Error ? error.message.split('\n').map((line) => line.trim()) : [];
  }
  return [];
};

describe('the gateway configuration', () => {
  it('is read from a file, the environment and the command line, the nearest to the person winning', () => {
    const argv = [
      '--config',
      'gateway.json',
      '--ports.devices',
      '1111',
      '--origins',
      '["https://sign-a.example"]',
    ];
    const env = {
      COUNTERSIGN_PORTS_DEVICES: '2222',
      COUNTERSIGN_PORTS_CLINICIANS: '3333',
      PORT: '1',
      COUNTERSIGN_DIR: 'x',
    };
    const config = readConfig(argv, env, from(GOOD));
    assert.deepEqual(config.ports, { devices: 1111, clinicians: 3333 });
    assert.deepEqual(config.origins, ['https://sign-a.example']);
    assert.equal(config.folder, '.ward/gateway');
    assert.equal(config.listen, '127.0.0.1');
  });

  it('is frozen to its leaves', () => {
    const config = readConfig(['--config', 'x'], {}, from(GOOD));
    assert.ok(
      Object.isFrozen(config) && Object.isFrozen(config.ports) && Object.isFrozen(config.witnesses[0]),
    );
  });

  it('names every fault at once: unknown, missing, malformed and contradictory', () => {
    const raw = {
      ...GOOD,
      keys: undefined,
      prots: {},
      ports: { devices: 80, clinicians: 80, x: 1 },
    };
    const argv = [
      '--config',
      'x',
      '--colour',
      'red',
      'stray',
      '--listen',
      '0.0.0.0',
      '--DEVELOPMENT-ONLY-short-waits',
    ];
    const faults = faultsOf([...argv, '--folder'], { COUNTERSIGN_TYPO: '1' }, raw);
    for (const expected of [
      'colour: no such setting',
      'stray: expected --setting value',
      'folder: its value is missing',
      'COUNTERSIGN_TYPO: no such setting',
      'keys: is missing',
      'prots: no such setting',
      'ports.x: no such setting',
      'listen: development settings work on loopback only, not on 0.0.0.0',
    ]) {
      assert.ok(faults.includes(expected), `${expected}\nis missing in\n${faults.join('\n')}`);
    }
  });

  it('refuses two doors on one port, one witness counted twice, and plain-http origins', () => {
    const twice = [...GOOD.witnesses, { ...GOOD.witnesses[0], name: 'w2' }];
    const raw = {
      ...GOOD,
      ports: { devices: 80, clinicians: 80 },
      witnesses: twice,
      origins: ['http://a.localhost:80'],
    };
    const faults = faultsOf(['--config', 'x'], {}, raw).join('\n');
    assert.match(faults, /two different ports/);
    assert.match(faults, /same vkey/);
    assert.match(faults, /origins\.0: expected an origin/); // :80 is not how an origin is written
    assert.match(
      faultsOf(['--config', 'x'], {}, { ...GOOD, origins: ['http://a.localhost'] }).join(),
      /is not https/,
    );
  });

  it('can be weakened by a flag typed in full, never by a file or a variable', () => {
    const weak = 'DEVELOPMENT-ONLY-short-waits';
    assert.deepEqual(readConfig(['--config', 'x', `--${weak}`], {}, from(GOOD)).weaknesses, [
      DEVELOPMENT_ONLY_shortWaits,
    ]);
    assert.ok(
      faultsOf(['--config', 'x'], {}, { ...GOOD, [weak]: true }).includes(`${weak}: no such setting`),
    );
    assert.ok(
      faultsOf(['--config', 'x'], {}, { ...GOOD, weaknesses: [weak] }).includes(
        'weaknesses: no such setting',
      ),
    );
    const variable = 'COUNTERSIGN_DEVELOPMENT_ONLY_SHORT_WAITS';
    assert.ok(
      faultsOf(['--config', 'x'], { [variable]: '1' }, GOOD).includes(`${variable}: no such setting`),
    );
  });

  it('shows every setting in --help, each with a sentence', () => {
    const lines = describeConfig()
      .split('\n')
      .filter((line) => line.startsWith('  --'));
    assert.ok(lines.length >= 10);
    for (const line of lines) assert.match(line, /^ {2}--\S+ {2,}\S.{10,}$/);
    for (const key of ['folder', 'ports.devices', 'trust', 'hospital'])
      assert.ok(lines.some((l) => l.includes(`--${key} `)));
  });
});
