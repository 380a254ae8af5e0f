import assert from 'node:assert/strict';
import { CLINICIANS, seatsOf } from '../../clients/conformance/gateway/people.ts';
import { freshKey } from '../../clients/conformance/world/hospital.ts';

const KEYS: Readonly<Record<string, string>> = {
  passkey: freshKey('ec'),
  tablet: freshKey('ec'),
  'no key': 'nothing of the kind',
};
const text = (name: string): string => {
  const found = KEYS[name];
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const PRINTS = (what: string): string[] => [process.execPath, '-e', `console.log(${what})`];

describe('clinicians whom a maker of gateways declares', () => {
  const person = (change: object = {}) => ({
    passkey: 'passkey',
    origin: 'https://sign-a.example',
    tablet: 'tablet',
    signIn: { program: PRINTS('["a", process.argv.at(-1), "c"].join(".")') },
    ...change,
  });
  const seats = (first: object, rest: object = {}) =>
    seatsOf(CLINICIANS.parse({ url: 'https://gate.example:8443', first, ...rest }), text, Uint8Array.of(1));

  it('sit at their tablets with a token that a program prints for the tablet’s key', async () => {
    const { first, second } = seats(person());
    assert.ok(first);
    assert.equal(second, undefined);
    assert.equal(first.host, 'gate.example:8443');
    assert.equal(await first.tokens.token(first.key.jkt), `a.${first.key.jkt}.c`);
    const approval = await first.passkey.approve(new Uint8Array(32));
    assert.match(new TextDecoder().decode(approval.clientDataJSON), /"origin":"https:\/\/sign-a\.example"/u);
  });

  it('are told from a program that prints something else, or nothing, with a sentence that says so', async () => {
    for (const [program, says] of [
      [PRINTS('"Enter your password:"'), /printed something else than a token/u],
      [[process.execPath, '-e', 'process.exit(3)'], /gave no token/u],
      [['/there/is/no/such/program'], /gave no token/u],
    ] as const) {
      const { first } = seats(person({ signIn: { program } }));
      await assert.rejects(first?.tokens.token(first.key.jkt) ?? Promise.resolve(), says);
    }
  });

  it('have keys that can be read, and pages that are pages', () => {
    assert.throws(() => seats(person({ passkey: 'no key' })));
    assert.throws(() => seats(person({ tablet: 'not there' })), /there is no not there/u);
    assert.throws(
      () => seats(person({ origin: 'https://sign-a.example/page' })),
      /is not the host of the origin/u,
    );
    assert.throws(() => seats(person(), { second: { passkey: 'passkey' } }));
    assert.throws(
      () => CLINICIANS.parse({ url: 'https://gate.example/v1', first: person() }),
      /expected https/u,
    );
  });
});
