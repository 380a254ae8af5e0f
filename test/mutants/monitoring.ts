import { type Mutant, mutantsOf } from './mutant.ts';

const telemetry = 'monitor/telemetry';
const page = 'page/vitals';
const KNOWS = 'what a page knows of a device is ';
const simulated =
  'the page on which a visitor plays the patients does nothing for another page, another name, or words it does not know';
const REFUSED = 'what a device measures is refused, said why, and shown nowhere ';

/** What stands between a device's word and a screen. */
// prettier-ignore
export const monitoringMutants: readonly Mutant[] = [
  ...mutantsOf('server/monitor/chain.ts', [
    ['vit-again', 'a frame number stands for one frame', 'if (this.#ring.is(number, hash) === false)', 'if (false)',
      telemetry, `${REFUSED}another frame under a number already used`],
    ['vit-chain', 'a frame is chained to the one before', '!equal(frame.previous, this.#hash)', 'false',
      telemetry, `${REFUSED}a frame not chained to the one before`],
    ['vit-skip', 'no frame is skipped without a word', 'if (number !== this.number + 1)', 'if (false)',
      telemetry, `${REFUSED}a frame that skips a number`],
    ['vit-up', 'running time never goes back', 'if (up < this.#up)', 'if (false)',
      telemetry, `${REFUSED}running time that goes back`],
    ['vit-future', 'no value is from the future', 'if (at > now + LIMITS.telemetryAhead.max)', 'if (false)',
      telemetry, `${REFUSED}a time in the future`],
    ['vit-old', 'an old recording is not shown', 'if (at < now - LIMITS.telemetryAge.max)', 'if (false)',
      telemetry, `${REFUSED}a recording from last week`],
    ['vit-handle', 'a number belongs to something that was described', '    this.#expectKnown(frame.contents);\n', '',
      telemetry, `${REFUSED}a handle that was not described`],
    ['vit-vouch', 'a head vouches for the frames that came', 'if (this.#ring.is(number, hash) !== true)', 'if (false)',
      telemetry, 'what a device measures is vouched for by the device’s key, and by no other'],
  ]),
  ...mutantsOf('server/monitor/intake.ts', [
    ['vit-session', 'a session that is over stays over', 'if (isKnownSession(this.#parts.store, bed.device.id, session))', 'if (false)',
      telemetry, `${REFUSED}a session that is over`],
    ['vit-head-device', 'a head is about the device that sends it', 'if (!equal(head.device, bed.device.id))', 'if (false)',
      telemetry, 'what a device measures is vouched for by the device’s key, and by no other'],
    ['vit-rate', 'a device sends no flood', 'else if (++spent.frames > LIMITS.telemetryRate.max)', 'else if (false)',
      telemetry, `${REFUSED}more frames in a second than any device has`],
  ]),
  ...mutantsOf('server/monitor/alarm-watch.ts', [
    ['flood-apart', 'a loose contact hides no alarm that matters more', 'this.#of(bed).spent.get(priority)', "this.#of(bed).spent.get('low')",
      'monitor/alarms', 'a flood of alarms of one priority hides none of another, and is told as a number when its minute is over'],
  ]),
  ...mutantsOf('server/monitor/block.ts', [
    ['vit-kept', 'what was stored is what came, to the last bit', 'if (!equal(link, hash))', 'if (false)',
      'monitor/damaged', 'stored measurements that are damaged are put aside block by block when they are read, and shown as a gap'],
  ]),
  ...mutantsOf('server/monitor/mend.ts', [
    ['vit-mend', 'a stored frame is what its successor is chained to', '!equal(frame.previous, last.hash)', 'false',
      'monitor/damaged', 'stored measurements that are damaged are put aside frame by frame at the start, shown as a gap and told; the session goes on'],
  ]),
  ...mutantsOf('server/gateway/opening/open-vitals.ts', [
    ['vit-aside', 'no damage to measurements keeps commands from working', 'if (!isDamage(error)) throw error;', 'throw error;',
      'monitor/damaged', 'stored measurements that are damaged are put aside whole in a file that is cut in half; it is kept, and all of its time is a gap'],
  ]),
  ...mutantsOf('server/protocol/telemetry/telemetry-content.ts', [
    ['vit-unit', 'a unit is known, and that of its code', 'if (!UNITS.includes(metric.unit) || metric.unit !== meant)', 'if (false)',
      telemetry, `${REFUSED}a unit that is not that of the code`],
  ]),
  ...mutantsOf('server/edge/routes/route.ts', [
    ['scope-opens', 'a scope of SMART opens what it names, and nothing beside it', 'if (!opens.some((name) => readable.has(name)))', 'if (false)',
      'edge/app', 'the HTTP edge opens to scopes of SMART App Launch what they name of measurements, and nothing beside it'],
  ]),
  ...mutantsOf('server/gateway/desks/monitor-room.ts', [
    ['scope-fhir', 'FHIR resources are given that the session may read', 'const may = readableBy(session.scope);', "const may = readableBy(new Set(['read']));",
      'monitor/history', 'what was measured is given as the FHIR resources that the session was approved for, of those it names'],
    ['vit-see', 'measurements are shown to those who may see the device', 'if (!bed || !this.#parts.maySee(session, device)) throw outOfScope();', 'if (!bed) throw outOfScope();',
      'monitor/history', 'what was measured is nobody’s who may not see the device'],
  ]),
  ...mutantsOf('server/gateway/desks/front-desk.ts', [
    ['call-one', 'who is called is one person', '(only ?? one.subject) === one.subject && isFor(one)', 'isFor(one)',
      'monitor/alarms', 'a patient monitor in the ward calls whom the hospital’s roster names when nobody answers at the bed, and nobody else'],
  ]),
  ...mutantsOf('server/gateway/desks/ward-list.ts', [
    ['board-see', 'a board shows those one cares for, and nobody else', '    .filter(({ hex }) => maySee(session, hex))\n', '',
      'monitor/live', 'live values are nobody’s who does not care for the patient'],
    ['board-name', 'a board says no more of a name than the policy lets it', '      return undefined;\n', '      return family;\n',
      'monitor/live', 'live values on a board have as much of a name beside them as the policy says, and by default two letters'],
  ]),
  ...mutantsOf('clients/common/page/vitals/feed.ts', [
    ['page-slept', 'a page that slept shows nothing as live', 'if (slept) this.blank();', 'if (slept) this.#changed();',
      page, `${KNOWS}nothing for a page that was asleep, until something new comes; the last contact stays a fact`],
    ['page-held-up', 'what waited is as old as it waited', 'const heldUp = this.#fastest - (now - clock);', 'const heldUp = 0;',
      page, `${KNOWS}as old as it waited, when it was held up on the way`],
    ['page-asked', 'a page takes what it asked for', '    if (!this.#wanted.has(id)) return;\n', '',
      page, `${KNOWS}nobody’s who was not asked for`],
  ]),
  ...mutantsOf('clients/common/page/vitals/bed.ts', [
    ['page-age', 'two values that did not come, and there is no number', 'clock - held.heard <= MAX_AGE_MS', 'true',
      page, `${KNOWS}a number while it comes, and none two looks later`],
    ['page-history', 'what was kept through an outage is never live', '    if (now - at > MAX_SOURCE_AGE_MS) return;\n', '',
      page, `${KNOWS}history when the device kept it through an outage: never a live number`],
    ['page-back', 'an older value replaces none', 'if ((this.#held.get(handle)?.at ?? 0) <= at)', 'if (at > 0)',
      page, `${KNOWS}never going back to an older value`],
    ['page-vouch', 'what nothing vouches for is no number', 'this.#signed ? STATES[held.quality] : \'unsigned\'', 'STATES[held.quality]',
      page, `${KNOWS}without a number while nothing vouches for it`],
  ]),
  ...mutantsOf('clients/common/page/vitals/waves.ts', [
    ['wave-turn', 'a sample is drawn once, in its turn', '      if (time < after) continue;\n', '',
      page, 'samples of a waveform are taken once, and never out of turn'],
    ['wave-gap', 'a gap is drawn as a gap', 'at - before < this.period * 2.5', 'i > oldest',
      page, 'samples of a waveform stand at the time their source took them, and a gap is a gap'],
  ]),
  ...mutantsOf('clients/tablet/live/ward.ts', [
    ['board-silent', 'a bed that fell silent stands above those that are well', 'silent.length > 0 ?', 'silent.length < 0 ?',
      page, 'the order of a ward is: high, silent and medium, low, and then the beds that are well by their numbers'],
  ]),
  ...mutantsOf('clients/common/page/vitals/alarms.ts', [
    ['strip-extra', 'that nobody answered hides no alarm of its priority', 'extra ? PRESENCE.length : PRESENCE.indexOf(presence)', 'extra ? 0 : PRESENCE.indexOf(presence)',
      page, 'the order of a ward is that of the alarm strip: a heart before a newer saturation, and what nobody answered hides none'],
  ]),
  ...mutantsOf('clients/tablet/live/ward-board.tsx', [
    ['board-moves', 'a bed that moves is drawn as it is', ' ref={movePlainly}', '',
      'browser/board', 'the ward board puts the worst first, in the colours and marks of its priority, and the bed into the strip'],
  ]),
  ...mutantsOf('clients/ward/simulator.ts', [
    ['sim-host', 'the simulator answers under its own name alone', 'if (request.headers.host !== host)', 'if (request.headers.host === undefined)',
      'ward/simulator', simulated],
    ['sim-origin', 'nobody else’s page plays the patients', 'if (request.headers.origin !== `http://${host}`)', 'if (request.headers.origin === undefined)',
      'ward/simulator', simulated],
  ]),
];
