import assert from 'node:assert/strict';
import type { Person } from '../../server/authenticate/authenticated.ts';
import type { BrokenGlass } from '../../server/authorize/break-glass.ts';
import type { Session } from '../../server/edge/desks/desk.ts';
import { GlassRoom } from '../../server/gateway/desks/glass-room.ts';
import { Told } from '../../server/gateway/desks/told.ts';
import { LIMITS } from '../../server/limits.ts';
import type { Bytes } from '../../server/protocol/encoding/bytes.ts';
import { ROLE } from '../../server/protocol/credential.ts';
import { testBytes } from '../support/keys.ts';

const NOW = 1_790_000_000_000;

/** Somebody who is certified for a day from now on, unless something else is said. */
const person = (subject: string, roles: number, part: object = {}): Person => {
  const credential = { roles, serial: 1, notBefore: NOW / 1000, notAfter: NOW / 1000 + 86_400, ...part };
  return { subject, credential } as unknown as Person;
};
const PEOPLE = [
  person('doctor', ROLE.clinician | ROLE.emergency),
  person('second', ROLE.clinician),
  person('second', ROLE.second),
  person('operator', ROLE.operator),
  person('auditor', ROLE.auditor),
  person('patient', ROLE.patient),
];

const toldBy = (people: readonly Person[], here: readonly string[] = []): Told =>
  new Told({
    directory: { people, status: { list: { revoked: [13] } } },
    signIn: { isHere: (subject) => here.includes(subject) },
    nameOf: (subject) => `Dr ${subject}`,
    now: () => NOW,
  });
const names = (told: ReturnType<Told['of']>): readonly string[] => told.people.map(({ subject }) => subject);

describe('who is told', () => {
  it('is whoever has a list, each once, those who may review it and are signed in first; not who did it', () => {
    const { people, more } = toldBy(PEOPLE, ['operator']).of(() => true, 'doctor');
    assert.deepEqual(
      people.map(({ name, reviews, here }) => [name, reviews, here]),
      [['Dr operator', true, true], ['Dr second', true, false]], // prettier-ignore
    );
    assert.equal(more, 0);
    assert.deepEqual(names(toldBy(PEOPLE).of(({ subject }) => subject !== 'second', undefined)), [
      'operator',
      'doctor',
    ]);
  });

  it('is nobody whose credential is over, not in force yet, or revoked', () => {
    const gone = [
      person('left', ROLE.second, { notAfter: NOW / 1000 - 1 }),
      person('coming', ROLE.second, { notBefore: NOW / 1000 + 1 }),
      person('revoked', ROLE.second, { serial: 13 }),
    ];
    assert.deepEqual(names(toldBy(gone).of(() => true, undefined)), []);
  });

  it('is named up to a number that somebody reads; the rest is counted', () => {
    const many = Array.from({ length: LIMITS.toldPeople.max + 3 }, (_, i) => person(`s${i}`, ROLE.second));
    const { people, more } = toldBy(many).of(() => true, undefined);
    assert.deepEqual([people.length, more], [LIMITS.toldPeople.max, 3]);
  });

  it('of broken glass, is the patient’s team and whoever may review it: those who find it in their list', async () => {
    const one: BrokenGlass = {
      id: testBytes('glass'),
      subject: 'stranger',
      patient: 'p-1',
      devices: ['7f00000000000001'],
      reason: 'consult',
      text: '',
      since: NOW - 1,
      until: NOW + 1,
    };
    const team = person('team', ROLE.clinician);
    const told: (readonly [string, (session: Session) => boolean])[] = [];
    const room = new GlassRoom({
      glass: { unreviewed: [one], review: () => Promise.resolve(one) },
      maySee: () => false,
      tell: (event: string, _device: Bytes, isFor: (session: Session) => boolean) =>
        void told.push([event, isFor]),
      patients: { nameOfPatient: () => 'ab'.repeat(16), shown: () => undefined },
      care: { hasPatient: (subject: string) => subject === 'team' },
      told: toldBy([...PEOPLE, team, person('stranger', ROLE.clinician)]),
      bedside: () => undefined,
      nameOf: () => undefined,
      now: () => NOW,
    } as unknown as ConstructorParameters<typeof GlassRoom>[0]);
    const sessionOf = (subject: string, roles: number, devices?: readonly string[]) =>
      ({ subject, roles, devices: devices && new Set(devices) }) as unknown as Session;
    const asks = (...who: Parameters<typeof sessionOf>) => room.list(sessionOf(...who));
    const [view] = asks('stranger', ROLE.clinician);
    assert.deepEqual(view && names(view.told), ['second', 'operator', 'team']);
    for (const [subject, roles, sees] of [
      ['second', ROLE.second, 1],
      ['operator', ROLE.operator, 1],
      ['auditor', ROLE.auditor, 1],
      ['team', ROLE.clinician, 1],
      ['doctor', ROLE.clinician, 0],
    ] as const)
      assert.equal(asks(subject, roles).length, sees, subject);
    assert.equal(asks('team', ROLE.clinician, ['00000000000000e3']).length, 0, 'a token for another device');
    await room.review(sessionOf('second', ROLE.second), {} as never);
    const heard = (subject: string, roles: number) =>
      told.map(([event, isFor]) => isFor(sessionOf(subject, roles)) && event);
    assert.deepEqual(heard('second', ROLE.second), ['review'], 'also who does not care for the patient');
    assert.deepEqual(heard('team', ROLE.clinician), ['review']);
    assert.deepEqual(heard('doctor', ROLE.clinician), [false]);
    assert.deepEqual(heard('stranger', ROLE.clinician), ['review'], 'that theirs was reviewed');
  });
});
