import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import type { readBundle, Served } from './bundle.ts';
import type { HostConfig } from './config.ts';
import { PERMISSIONS, pageHeaders, REPORTS } from './headers.ts';

export interface AppParts {
  readonly config: HostConfig;
  readonly bundle: ReturnType<typeof readBundle>;
  /** Those in force when it is asked: keys are replaced while pages are open. */
  readonly anchors?: (() => Buffer) | undefined;
  /** The offline verifier, where this host hands it out. */
  readonly verifier?: Buffer | undefined;
  /** Told of what a page's policy refused: the directive, never an address with a person's data in it. */
  readonly refused: (directive: string) => void;
}

/** Where the page itself stands: at the start, and where the token issuer sends people back to. */
const PAGE_PATHS = ['/', '/signed-in'];
const MAX_REPORT = 8 * 1024;
/** A page that reports more than this is broken or hostile; the first lines of the log say all there is to know. */
const REPORTS_PER_MINUTE = 30;
const REPORT = z.object({ 'csp-report': z.object({ 'effective-directive': z.string().max(60) }) });

/** One origin with one bundle of pages: static bytes from memory, and two facts about the place, one of which may change. */
export function makeApp({ config, bundle, anchors, verifier, refused }: AppParts): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').disable('query parser').enable('strict routing');
  app.use(pageHeaders(config), (_request, response, next) => {
    response.set('Permissions-Policy', PERMISSIONS);
    next();
  });
  for (const file of bundle.files) {
    const paths = file.name === 'index.html' ? PAGE_PATHS : [`/${file.name}`];
    app.get(paths, (request, response) => send(request, response, file));
  }
  const shell = { build: bundle.build, files: bundle.files.map(({ name, sha256 }) => ({ name, sha256 })) };
  app.get('/shell.json', (_request, response) => {
    response.set('Cache-Control', 'no-store').json(shell);
  });
  const place = JSON.stringify({ ...config.place, build: bundle.build });
  app.get('/place.json', (_request, response) => {
    response.set('Cache-Control', 'no-store').type('application/json').send(place);
  });
  if (anchors) {
    app.get('/anchors.bin', (_request, response) => {
      response.set('Cache-Control', 'no-store').type('application/octet-stream').send(anchors());
    });
  }
  if (verifier) {
    // To be opened from a disk: it never runs in this origin, where people sign.
    app.get('/verifier.html', (_request, response) => {
      response.set('Content-Disposition', 'attachment; filename="countersign-verifier.html"');
      response.set('Cache-Control', 'no-cache').type('text/html').send(verifier);
    });
  }
  app.post(REPORTS, ...reports(refused));
  app.use((_request: Request, response: Response) => {
    response.status(404).set('Cache-Control', 'no-store').type('text/plain').send('There is no such page.\n');
  });
  app.use((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response
      .status(400)
      .set('Cache-Control', 'no-store')
      .type('text/plain')
      .send('That could not be read.\n');
  });
  return app;
}

/** Always asked again, and answered with 304 when nothing changed: an update is there at the next load. */
function send(request: Request, response: Response, { name, type, body, sha256 }: Served): void {
  const tag = `"${sha256}"`;
  response.set('ETag', tag).set('Cache-Control', name === 'index.html' ? 'no-store' : 'no-cache');
  if (request.headers['if-none-match'] === tag) return void response.status(304).end();
  response.set('Content-Type', type).send(body);
}

function reports(refused: (directive: string) => void) {
  let left = REPORTS_PER_MINUTE;
  let since = performance.now();
  const read = express.json({ limit: MAX_REPORT, type: 'application/csp-report', inflate: false });
  const take = (request: Request, response: Response): void => {
    if (performance.now() - since > 60_000) {
      since = performance.now();
      left = REPORTS_PER_MINUTE;
    }
    const report = REPORT.safeParse(request.body);
    if (report.success && left > 0) {
      left -= 1;
      refused(report.data['csp-report']['effective-directive'].replaceAll(/[^a-z-]/gu, ''));
    }
    response.status(204).end();
  };
  return [read, take];
}
