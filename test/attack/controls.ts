import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEVICE_CONTROLS } from './controls-device.ts';
import { GATEWAY_CONTROLS } from './controls-gateway.ts';
import type { Control } from './control.ts';

/**
 * For each attack: with this taken out of a copy of the sources, the same attack has to succeed. Where a thing is not
 * there at all (a port, a log line), the copy has it.
 */
export const CONTROLS: Readonly<Record<string, Control>> = { ...DEVICE_CONTROLS, ...GATEWAY_CONTROLS };

/** A source file of this project. */
export const sourceOf = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../${file}`, import.meta.url)), 'utf8');
