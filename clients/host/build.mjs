// Bundles the pages with esbuild when their sources changed. Plain JavaScript for Node 18 or newer, because set-up
// runs it before the project's own Node is there.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { PAGES } from './pages.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const BUILT = join(ROOT, '.cache/pages');
/** Stands for the build's hash while that hash is taken: who reads a bundle puts it back and hashes again. */
const BLANK = '0'.repeat(64);

export const bundleFolder = (name) => join(BUILT, name);

export async function buildPages(bundles = PAGES) {
  const built = [];
  for (const bundle of bundles) if (await buildOne(bundle)) built.push(bundle.name);
  return built;
}

async function buildOne(bundle) {
  const folder = bundleFolder(bundle.name);
  const stamp = join(folder, 'sources.json');
  if (isFresh(stamp, bundle)) return false;
  const { output, inputs, later } = await bundled(bundle);
  const build = digest(output).digest('hex');
  const whole = output.map(({ name, bytes }) => ({ name, bytes: filledIn(bytes, build) }));
  const files = whole.map(({ name, bytes }) => ({
    name,
    sha256: createHash('sha256').update(bytes).digest('base64'),
    bytes: bytes.length,
    brotli: brotliCompressSync(bytes).length,
    ...(later.has(name) && { later: true }),
  }));
  // Built aside and renamed, so that a host that starts now never serves half of one build and half of another.
  const fresh = `${folder}.${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  for (const { name, bytes } of whole) writeFileSync(join(fresh, name), bytes);
  writeFileSync(join(fresh, 'manifest.json'), `${JSON.stringify({ build, files }, null, 2)}\n`);
  writeFileSync(
    join(fresh, 'sources.json'),
    JSON.stringify({ inputs, digest: sourcesDigest(inputs, bundle) }),
  );
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
  return true;
}

async function bundled({ room, scripts, styles, files, single }) {
  const { build } = await import('esbuild');
  const entries = Object.entries({ ...scripts, ...styles });
  const { outputFiles, metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: entries.map(([name, entry]) => ({
      in: join(room, entry),
      out: name.replace(/\.\w+$/u, ''),
    })),
    outdir: '/',
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    metafile: true,
    splitting: true,
    chunkNames: 'part-[hash]',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    tsconfigRaw: { compilerOptions: { jsx: 'react-jsx', jsxImportSource: 'preact' } },
    define: { BUILD: JSON.stringify(BLANK) },
    logLevel: 'silent',
  }).catch((error) => {
    const [first] = error.errors ?? [];
    const at = first?.location ? `${first.location.file}:${first.location.line}: ` : '';
    throw new Error(`a page does not build: ${at}${first?.text ?? error.message}`);
  });
  const made = outputFiles.map(({ path, contents }) => ({
    name: path.replace(/^\/+/u, ''),
    bytes: contents,
  }));
  const kept = files.map((name) => ({ name, bytes: readFileSync(join(ROOT, room, name)) }));
  const parts = single === undefined ? [...made, ...kept] : [inOne(single, made, kept)];
  const output = parts.sort((a, b) => (a.name < b.name ? -1 : 1));
  const inputs = [...Object.keys(metafile.inputs), ...files.map((name) => join(room, name))];
  return { output, inputs, later: laterThan(Object.keys(scripts), metafile.outputs) };
}

/** Scripts that no entry needs to start: they are fetched when somebody asks for what is in them. */
function laterThan(entries, outputs) {
  const first = new Set();
  const take = (path) => {
    if (first.has(path)) return;
    first.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind !== 'dynamic-import') take(next);
  };
  const at = (name) => Object.keys(outputs).find((path) => path.endsWith(`/${name}`) || path === name);
  for (const name of entries) take(at(name));
  const names = Object.keys(outputs).filter((path) => path.endsWith('.js') && !first.has(path));
  return new Set(names.map((path) => path.replace(/^.*\//u, '')));
}

/**
 * The whole page in one file, for a disk: script and style stand in it, and its own policy admits these two by their hash
 * and no network at all.
 */
function inOne(name, made, [page]) {
  const text = (end) =>
    Buffer.from(made.find((one) => one.name.endsWith(end)).bytes)
      .toString('utf8')
      .replaceAll('</script', '<\\/script');
  const [script, style] = [text('.js'), text('.css')];
  const hash = (part) => `'sha256-${createHash('sha256').update(part).digest('base64')}'`;
  const policy = [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
  const html = Buffer.from(page.bytes)
    .toString('utf8')
    .replace('POLICY', () => policy)
    .replace(/<style>[^<]*<\/style>/u, () => `<style>${style}</style>`)
    .replace(/(<script type="module">)[^<]*<\/script>/u, (_, open) => `${open}${script}</script>`);
  return { name, bytes: Buffer.from(html) };
}

function digest(output) {
  const all = createHash('sha256');
  for (const { name, bytes } of output) all.update(`${name}\0${bytes.length}\0`).update(bytes);
  return all;
}

function filledIn(bytes, build) {
  const text = Buffer.from(bytes).toString('utf8');
  return text.includes(BLANK) ? Buffer.from(text.replaceAll(BLANK, build)) : Buffer.from(bytes);
}

/** Everything that makes a difference: the sources themselves, the description, and the tools' versions. */
function sourcesDigest(inputs, bundle) {
  const all = createHash('sha256').update(JSON.stringify(bundle));
  all
    .update(readFileSync(fileURLToPath(import.meta.url)))
    .update(readFileSync(join(ROOT, 'package-lock.json')));
  for (const input of inputs)
    if (!input.startsWith('node_modules/')) all.update(readFileSync(join(ROOT, input)));
  return all.digest('hex');
}

function isFresh(stamp, bundle) {
  try {
    const kept = JSON.parse(readFileSync(stamp, 'utf8'));
    return kept.digest === sourcesDigest(kept.inputs, bundle);
  } catch {
    return false; // never built, or a source is gone
  }
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    for (const name of await buildPages()) process.stdout.write(`built ${name}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
