import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Refusals } from '../../server/broker/refusals.ts';
import { loggedAttempts } from '../../server/gateway/devices/attempts.ts';
import type { Entry } from '../../server/protocol/log/entry.ts';
import { unhex } from '../../server/protocol/encoding/bytes.ts';

const MINUTE_MS = 60_000;

describe('refusals at the people’s door', () => {
  let now = 0;
  let written: { code: string | undefined; number: number | undefined }[];
  let refusals: Refusals;
  const pass = (ms: number): void => {
    now += ms;
    mock.timers.tick(ms);
  };
  beforeEach(() => {
    mock.timers.enable({ apis: ['setInterval'] });
    [now, written] = [0, []];
    refusals = new Refusals({
      log: { appendDurable: () => Promise.resolve({ first: 0, checkpoint: '' } as never) },
      logEntry: ({ code, number }: Entry) => {
        written.push({ code, number });
        return {} as never;
      },
      now: () => now,
      failed: (error) => assert.fail(String(error)),
    });
  });
  afterEach(() => {
    refusals.stop();
    mock.timers.reset();
  });

  it('stand in the log when somebody tried to get in, and a flood is a number a minute', () => {
    const attempted = loggedAttempts(refusals);
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 100; i++) attempted('E_TOKEN_SIG');
      pass(1_000);
    }
    assert.deepEqual(written, [
      { code: 'E_TOKEN_SIG', number: undefined },
      { code: 'E_TOKEN_SIG', number: 5_999 },
    ]);
    attempted('E_DPOP_BINDING');
    assert.equal(written.at(-1)?.code, 'E_DPOP_BINDING');
  });

  it('do not when they are the ordinary course of a working day', () => {
    const attempted = loggedAttempts(refusals);
    for (const code of ['E_TOKEN_EXPIRED', 'E_DPOP_NONCE', 'E_SESSION', 'E_CMD_SCHEMA'] as const)
      attempted(code);
    pass(MINUTE_MS);
    assert.deepEqual(written, []);
  });

  it('are counted apart from those of somebody who is known, which are told every ten seconds', () => {
    const known = { code: 'E_ROLE', kids: [unhex('00'.repeat(16))] } as const;
    for (let i = 0; i < 3; i++) refusals.record(known);
    pass(10_000);
    assert.deepEqual(
      written.map(({ number }) => number),
      [undefined, 2],
    );
  });
});
