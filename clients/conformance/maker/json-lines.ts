/**
 * The line on which each value of a JSON text begins, by its path (`parameters.3.step`); the key's own line where the
 * value has one. For text that JSON.parse takes; what it does not take has no paths.
 */
export function linesOf(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  let at = 0;
  let line = 1;
  const skip = (): void => {
    for (; at < text.length && /[\s,:]/u.test(text[at] ?? ''); at++) if (text[at] === '\n') line++;
  };
  const string = (): string => {
    const start = at;
    for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++;
    at++;
    return String(JSON.parse(text.slice(start, at)));
  };
  const value = (path: string): void => {
    skip();
    if (!lines.has(path)) lines.set(path, line);
    const opening = text[at];
    if (opening === '"') return void string();
    if (opening !== '{' && opening !== '[') {
      while (at < text.length && !/[,\]}\s]/u.test(text[at] ?? '')) at++;
      return;
    }
    at++;
    for (let index = 0; ; index++) {
      skip();
      if (at >= text.length || text[at] === '}' || text[at] === ']') break;
      const inner = opening === '{' ? keyed(path) : joined(path, String(index));
      value(inner);
    }
    at++;
  };
  const keyed = (path: string): string => {
    const name = joined(path, string());
    lines.set(name, line);
    return name;
  };
  value('');
  return lines;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** The line of a fault that begins with a path: of the longest part of it that the text has. */
export function lineOf(lines: ReadonlyMap<string, number>, path: string): number {
  for (let name = path; name !== ''; name = name.slice(0, Math.max(0, name.lastIndexOf('.')))) {
    const line = lines.get(name);
    if (line !== undefined) return line;
  }
  return 1;
}
