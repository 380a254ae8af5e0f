import { hex } from '../check/bytes.ts';
import { wordOf } from '../check/device.ts';
import type { Desk, Device } from '../gate/desk.ts';
import { Refused } from '../gate/gateway.ts';
import { t } from '../texts/texts.ts';
import type { DeviceWord } from './sign.ts';

/** A device's own clock counts seconds: a reading that shall be newer than another comes this much later. */
const TICK_MS = 1_200;
/** For so long the device is waited for, where nothing hangs on its word. */
const SOON_MS = 3_000;

/** Has the device taken a command since it was read? By its own word, in a newer reading. */
const ask = (desk: Pick<Desk, 'read'>, before: Device): Promise<DeviceWord> =>
  desk.read(hex(before.id)).then(
    ({ now }) => wordOf(before.now, now),
    () => 'not-asked',
  );

const wait = (ms: number): Promise<void> => new Promise((resolve) => window.setTimeout(resolve, ms));

/** The device's word, asked for once more where the first reading was not newer. */
export async function askTwice(desk: Pick<Desk, 'read'>, before: Device): Promise<DeviceWord> {
  const word = await ask(desk, before);
  if (word !== 'not-asked') return word;
  await wait(TICK_MS);
  return ask(desk, before);
}

/** What became of a change that nobody signed in time: nothing was sent; what the device says of it, if it does so soon. */
export async function nothingSent(desk: Pick<Desk, 'read'>, before: Device): Promise<string> {
  const word = await Promise.race([ask(desk, before), wait(SOON_MS)]);
  const { unchanged, nothing } = t().timeOver;
  return word === 'unchanged' ? unchanged : nothing;
}

/** What is done to a draft; undefined when it is no longer open. */
export const ifOpen = <T>(work: Promise<T>): Promise<T | undefined> =>
  work.catch((error: unknown) => {
    if (error instanceof Refused && error.code === 'E_DRAFT') return undefined;
    throw error;
  });
