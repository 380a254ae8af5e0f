import { type Mutant, mutantsOf } from './mutant.ts';

const link = 'nfc/station-link';

/** What bounds a flood, and what keeps a wrong clock away from devices. */
export const loadMutants: readonly Mutant[] = [
  ...mutantsOf('server/edge/admission.ts', [
    ['gate-share', 'one network has its share of new connections', '!this.#rateOf(network).take() || ', '',
      'edge/device-socket', 'the devices’ door gives one network no more than its share of the rate, however often it knocks'],
  ]),
  ...mutantsOf('server/transport/station-link.ts', [
    ['station-flood', 'a station reports what hands can do', 'if (++counts[what] > MOST[what])', 'if (false)',
      link, 'the gateway’s side of a reader station ends a station that reports more cards than hands can lay, or more records than it keeps'],
  ]),
]; // prettier-ignore
