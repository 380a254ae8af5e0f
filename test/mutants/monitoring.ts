import { type Mutant, mutantsOf } from './mutant.ts';

const telemetry = 'monitor/telemetry';
const REFUSED = 'what a device measures is refused, said why, and shown nowhere ';

/** What stands between a device's word and a screen. */
// prettier-ignore
export const monitoringMutants: readonly Mutant[] = [
  ...mutantsOf('server/monitor/chain.ts', [
    ['vit-again', 'a frame number stands for one frame', 'if (before !== undefined && before !== hex(hash))', 'if (false)',
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
    ['vit-vouch', 'a head vouches for the frames that came', 'if (this.#ring.get(number) !== hex(hash))', 'if (false)',
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
  ...mutantsOf('server/protocol/telemetry-content.ts', [
    ['vit-unit', 'a unit is known, and that of its code', 'if (!UNITS.includes(metric.unit) || metric.unit !== meant)', 'if (false)',
      telemetry, `${REFUSED}a unit that is not that of the code`],
  ]),
  ...mutantsOf('server/gateway/monitor-room.ts', [
    ['vit-see', 'measurements are shown to those who may see the device', 'if (!bed || !this.#parts.maySee(session, device)) throw outOfScope();', 'if (!bed) throw outOfScope();',
      'monitor/history', 'what was measured is nobody’s who may not see the device'],
  ]),
];
