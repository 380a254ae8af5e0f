import type { Profile } from '../../server/protocol/profile.ts';
import type { Seeded } from './seeded.ts';

/** Settings of the reference devices that can go to and fro all day, within every limit. */
interface Toggle {
  /** Part of the name the profile gives it. */
  readonly name: string;
  readonly tier: 1 | 2;
  /** Changes that a device accepts within one of its hours. */
  readonly most: number;
}

const TOGGLES: readonly Toggle[] = [
  { name: 'Occlusion alarm limit', tier: 1, most: 70 },
  { name: 'Air-in-line alarm limit', tier: 1, most: 35 },
  { name: 'Alarm volume', tier: 1, most: 50 },
  { name: 'Infusion rate', tier: 2, most: 2000 },
  { name: 'Volume to be infused', tier: 2, most: 2000 },
  { name: 'Vibrate when the battery needs replacement', tier: 1, most: 2000 },
  { name: 'Impedance alert', tier: 1, most: 35 },
  { name: 'High atrial rate alert, above', tier: 1, most: 45 },
  { name: 'Lower rate', tier: 2, most: 11 },
  { name: 'Pulse width, right ventricle', tier: 2, most: 15 },
];

/** Of ten ceremonies, this many are by two people. */
const BY_TWO_OF_TEN = 2;

/** Chooses what to change next on one device: one step away from the nominal value, or back. */
export class Wishes {
  readonly #random: Seeded;
  readonly #byTwoOfTen: () => number;
  readonly #used = new Map<string, number>();

  constructor(random: Seeded, byTwoOfTen: () => number = () => BY_TWO_OF_TEN) {
    this.#random = random;
    this.#byTwoOfTen = byTwoOfTen;
  }

  /** Codes and values as commands carry them, and who has to sign. */
  next(
    profile: Profile,
    settings: ReadonlyMap<number, number>,
  ): { readonly tier: 1 | 2; readonly changes: ReadonlyMap<number, number> } {
    const wanted = this.#random.below(10) < this.#byTwoOfTen() ? 2 : 1;
    const usable = TOGGLES.flatMap((toggle) => {
      const parameter = profile.parameters.find(({ name }) => name === toggle.name);
      return parameter && (this.#used.get(toggle.name) ?? 0) < toggle.most ? [{ toggle, parameter }] : [];
    });
    const fitting = usable.filter(({ toggle }) => toggle.tier === wanted);
    const { toggle, parameter } = this.#random.pick(fitting.length > 0 ? fitting : usable);
    this.#used.set(toggle.name, (this.#used.get(toggle.name) ?? 0) + 1);
    const { code, nominal, step, options } = parameter;
    const now = settings.get(code) ?? nominal;
    const other = options.size > 0 ? [...options.keys()].find((value) => value !== nominal) : nominal + step;
    if (other === undefined) throw new Error(`${parameter.name} has one value only`);
    return { tier: toggle.tier, changes: new Map([[code, now === nominal ? other : nominal]]) };
  }
}
