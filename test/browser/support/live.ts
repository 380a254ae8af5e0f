import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Page } from 'playwright-core';
import { CONTROL } from '../../../clients/ward/living.ts';
import type { Visitor } from './visitor.ts';
import { openDevice } from './visitor.ts';
import type { PageWard } from './ward.ts';

/** Makes something happen to a simulated patient. Throws Error with what would have been understood. */
export async function play(ward: PageWard, device: string, word: string): Promise<void> {
  const said = await new Promise<string>((resolve, reject) => {
    const socket = connect(join(ward.folder, CONTROL), () => socket.write(`${device} ${word}\n`));
    let heard = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (heard += chunk));
    socket.once('end', () => resolve(heard.trim()));
    socket.once('error', reject);
  });
  if (said !== 'ok') throw new Error(said);
}

/** Brings a visitor who is signed in to the live view of a monitored patient, with values in every tile. */
export async function openLive(
  visitor: Pick<Visitor, 'page' | 'press'>,
  ward: PageWard,
  monitor: string,
): Promise<void> {
  await openDevice(visitor, ward.patientOf(monitor), new RegExp(monitor, 'u'));
  await visitor.press('Live');
  await visitor.page.locator(tileOf(HEART_RATE, 'live')).waitFor();
}

/** MDC codes of the tiles that tests look at. */
export const HEART_RATE = 147_842;
export const SPO2 = 150_456;
export const tileOf = (code: number, state?: string): string =>
  `.vital[data-code="${code}"]${state === undefined ? '' : `[data-state="${state}"]`}`;

/** Opens the board of the ward from the search for a patient. */
export async function openBoard({ page, press }: Pick<Visitor, 'page' | 'press'>): Promise<void> {
  await press(/^Ward board$/u);
  await page.locator('.place').first().waitFor();
}

/** The tile of the bed at which a device stands. */
export const placeOf = (device: string): string => `.place:has-text("${device}:")`;

export function pidOf(ward: PageWard, name: string): number {
  const pid = ward.running.pids.get(name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  return pid;
}

/** What a test needs to look, and a busy machine, come on top. */
const LOOKING_MS = 700;

/** Waits until a number looks live no more, and fails when that took longer than `most` ms. */
export async function staleWithin(page: Page, number: string, most: number): Promise<void> {
  const since = performance.now();
  await page.locator(`${number}[data-state="no-data"]`).waitFor();
  const took = performance.now() - since;
  assert.ok(took <= most + LOOKING_MS, `it took ${Math.round(took)} ms`);
}

/** Puts values by the minute into the history, as if the gateway had taken them: hours of a device that was just started. */
export function haveMeasured(ward: PageWard, device: string, code: number, minutes: number): void {
  const store = new DatabaseSync(join(ward.folder, 'gateway', 'vitals.db'), { timeout: 5_000 });
  const id = Buffer.from(ward.idOf(device), 'hex');
  const row = store.prepare(
    "INSERT INTO minute VALUES (?, ?, ?, '/min', ?, ?, ?, 60) ON CONFLICT DO NOTHING",
  );
  const last = Math.floor(Date.now() / 60_000) - 2;
  store.exec('BEGIN');
  for (let i = 0; i < minutes; i++) {
    const mean = Math.round(75 + 8 * Math.sin(i / 90) + (i % 7));
    row.run(id, code, (last - i) * 60_000, mean - 4, mean + 5, 60 * mean);
  }
  store.exec('COMMIT');
  store.close();
}
