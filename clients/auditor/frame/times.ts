import { effect, signal } from '@preact/signals';

/** One setting for every time on the page, in lists, stories, filters and exports. */
export type Zone = 'local' | 'utc';
export const zone = signal<Zone>('local');

const KEY = 'countersign.zone';

/** Takes up what was chosen on this computer before. */
export function keepZone(storage: Storage): void {
  if (storage.getItem(KEY) === 'utc') zone.value = 'utc';
  effect(() => storage.setItem(KEY, zone.value));
}

/** Minutes east of UTC at a moment (Unix ms), in the zone of the page. */
export const offsetAt = (time: number): number =>
  zone.value === 'utc' ? 0 : -new Date(time).getTimezoneOffset();

const two = (value: number): string => String(value).padStart(2, '0');

/** The offset in words: `UTC` or `UTC+01:00`. */
export function offsetText(time: number): string {
  const minutes = offsetAt(time);
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Moved so that its UTC fields are those of the zone. */
const moved = (time: number): Date => new Date(time + offsetAt(time) * 60_000);

export const day = (time: number): string => moved(time).toISOString().slice(0, 10);
export const clock = (time: number): string => moved(time).toISOString().slice(11, 19);
export const clockMs = (time: number): string => moved(time).toISOString().slice(11, 23);
export const dayAndClock = (time: number): string => `${day(time)} ${clock(time)}`;

/** For a field of the browser's own picker, and back. */
export const pickerOf = (time: number | undefined): string =>
  time === undefined ? '' : moved(time).toISOString().slice(0, 16);

export function timeOf(picked: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/u.test(picked)) return undefined;
  const time = zone.value === 'utc' ? Date.parse(`${picked}Z`) : new Date(picked).getTime();
  return Number.isNaN(time) || time < 0 ? undefined : time;
}
