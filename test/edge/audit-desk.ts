import type { AuditDesk, Note, StoryRow } from '../../server/edge/desks/audit-desk.ts';
import { testBytes } from '../support/keys.ts';

const ROW: StoryRow = {
  id: 0,
  last: 1,
  time: 1_790_000_000_000,
  ended: undefined,
  command: undefined,
  device: undefined,
  kind: 'alarm',
  action: 'alarm',
  tier: undefined,
  outcome: '',
  code: 'E_LINK',
  second: 'none',
  link: undefined,
  place: undefined,
  patient: undefined,
  receipt: undefined,
  reason: undefined,
  review: undefined,
  people: [],
  witnessed: true,
};
const NOTE: Note = { id: 1, time: 1, about: 'case-1', kind: 'note', text: 'seen', by: 'auditor' };
const COUNTS = {
  commands: 0,
  outcomes: {},
  refusals: {},
  emergencies: 0,
  breakGlass: 0,
  primed: 0,
  alarms: 0,
  gaps: {},
};
const LOG = { origin: 'o', size: 1, witnessed: 1, root: '', seen: 1, health: 'ok', witnesses: [], quorum: 1 };

/** An auditor's desk that remembers what it was asked; a gateway behind a real one has tests of its own. */
export function memoryAudit(asked: string[]): AuditDesk {
  const say = <T>(what: string, value: T): Promise<T> => {
    asked.push(what);
    return Promise.resolve(value);
  };
  const complete = { proven: false, says: ['nothing'] };
  return {
    bundle: (_, { covers, purpose }) =>
      say(`bundle ${covers} ${purpose}`, {
        name: 'b.zip',
        bytes: new Uint8Array(4),
        digest: testBytes('digest'),
      }),
    search: () => say('search', { rows: [ROW], total: 1, end: true, indexed: 1, size: 1, complete }),
    story: () =>
      say('story', { story: ROW, erased: undefined, reason: undefined, review: undefined, entries: [] }),
    overview: () =>
      say('overview', { log: LOG, since: 0, ...COUNTS, lastOfDevice: {}, places: [], indexed: 1, size: 1 }),
    gaps: () => say('gaps', []),
    access: () => say('access', { people: [], pairs: [] }),
    export: (_, { format }) => {
      const chunks = (async function* () {
        yield 'entry\r\n';
        yield '1\r\n';
      })();
      return say(`export ${format}`, { name: 'e.csv', type: 'text/csv; charset=utf-8', rows: 1, chunks });
    },
    notes: () => say('notes', [NOTE]),
    note: () => say('note', NOTE),
    retention: () =>
      say('retention', { retention: [{ class: 'commands', years: 6, basis: 'law' }], holds: [], erased: [] }),
    unmask: (_, command) =>
      say(`unmask ${command}`, {
        until: 1,
        patient: undefined,
        pseudonym: 'ab'.repeat(32),
        people: [],
        reason: '',
        note: '',
        order: '',
        tablets: [],
      }),
    uses: () => say('uses', { uses: [], total: 0 }),
    erase: () => say('erase', 1),
    links: {
      make: () => say('link', { key: 'A'.repeat(43), fingerprint: 'abcd', until: 1 }),
      page: () => say('page', { device: 'SIM', until: 1, total: 0, changes: [] }),
      evidence: () => new Uint8Array(4),
    },
  };
}
