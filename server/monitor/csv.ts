import type { KeptValue } from './history.ts';

const HEAD = 'time,device,code,name,value,unit,quality,signed,simulated';
/** A formula in a cell would be run by the program that opens the file. */
const cell = (text: string): string => {
  const safe = /^[=+\-@\t\r]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/u.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
};

/** Values as RFC 4180 text, one a line; the last line says so when there are more than `most`. */
export function csvOf(device: string, simulated: boolean, values: Iterable<KeptValue>, most: number): string {
  const lines = [HEAD];
  for (const { at, metric, value, quality, signed } of values) {
    if (lines.length > most) {
      lines.push('# more follows: ask for a shorter time');
      break;
    }
    const number = value === undefined ? '' : value.toFixed(metric.scale);
    const fields = [new Date(at).toISOString(), device, String(metric.code), cell(metric.name), number];
    lines.push([...fields, cell(metric.unit), quality, String(signed), String(simulated)].join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}
