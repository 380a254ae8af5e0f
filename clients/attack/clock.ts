import { readFileSync, watchFile } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The clock of the machine that a gateway runs on, in the attacker's hands: loaded before the gateway's own code, it moves
 * what the system says by as many ms as the file `clock` of its ward says. Programs other than the gateway keep the right time.
 */
const [, program, , config] = process.argv;
if (program?.endsWith('/server/main.ts') === true && config !== undefined) {
  const file = join(dirname(config), '..', 'clock');
  const RealDate = Date;
  let ms = 0;
  watchFile(file, { interval: 50 }, () => {
    ms = Number(readFileSync(file, 'utf8'));
  }).unref();
  const moved = (): number => RealDate.now() + ms;
  globalThis.Date = new Proxy(RealDate, {
    construct: (real, given: unknown[], maker): object => {
      const made: unknown = Reflect.construct(real, given.length === 0 ? [moved()] : given, maker);
      if (!(made instanceof RealDate)) throw new TypeError('no date');
      return made;
    },
    get: (real, name): unknown => (name === 'now' ? moved : Reflect.get(real, name)),
  });
}
