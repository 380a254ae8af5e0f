import { createServer } from 'node:http';
import { encodeProfile } from '../../server/protocol/profile.ts';
import { hex } from '../../server/protocol/encoding/bytes.ts';
import { profileSource } from '../../certs/trust.ts';
import { readProfileFile } from '../../certs/profile-file.ts';
import { makeApp } from '../../clients/host/app.ts';
import { bundleFolder, buildPages } from '../../clients/host/build.mjs';
import { readBundle } from '../../clients/host/bundle.ts';
import { CAUTION_STATES } from './gallery/caution-states.ts';
import { SITE_STATES } from './gallery/site-states.ts';
import { COMMAND_STATES } from './gallery/command-states.ts';
import { ELSEWHERE_STATES } from './gallery/elsewhere-states.ts';
import { GLASS_STATES } from './gallery/glass-states.ts';
import { HEADER_STATES } from './gallery/header-states.ts';
import { HISTORY_STATES } from './gallery/history-states.ts';
import { LIVE_STATES } from './gallery/live-states.ts';
import { REVIEW_STATES } from './gallery/review-states.ts';
import { STEP_STATES } from './gallery/step-states.ts';
import { STATES } from './gallery/states.ts';
import { SECOND_STATES } from './second-gallery/states.ts';

export const GALLERY_STATES: readonly string[] = Object.keys({
  ...STATES,
  ...CAUTION_STATES,
  ...SITE_STATES,
  ...COMMAND_STATES,
  ...ELSEWHERE_STATES,
  ...GLASS_STATES,
  ...HEADER_STATES,
  ...HISTORY_STATES,
  ...LIVE_STATES,
  ...REVIEW_STATES,
  ...STEP_STATES,
});

export const SECOND_GALLERY_STATES: readonly string[] = Object.keys(SECOND_STATES);

/** A page's own screens in states that are given, on a host with the same headers as the tablet's. */
export interface Gallery {
  /** Address of a state. */
  url(state: string): string;
  /** What the page needs before it starts. */
  readonly profiles: { readonly pump: string; readonly pacemaker: string };
  close(): Promise<void>;
}

/** The screens of both signers' pages, each with its own bundle: the second one shares no code with the first. */
const GALLERIES = {
  gallery: {
    name: 'gallery',
    room: 'test/screens/gallery',
    scripts: { 'app.js': 'main.tsx' },
    styles: { 'app.css': 'gallery.css' },
    files: ['index.html', 'icon.svg'],
  },
  'second-gallery': {
    name: 'second-gallery',
    room: 'test/screens/second-gallery',
    scripts: { 'second.js': 'main.ts' },
    styles: { 'second.css': 'gallery.css' },
    files: ['index.html', 'icon.svg'],
  },
} as const;

/** Builds a gallery and serves it on loopback. */
export async function openGallery(name: keyof typeof GALLERIES = 'gallery'): Promise<Gallery> {
  await buildPages([GALLERIES[name]]);
  const place = {
    environment: 'simulation' as const,
    site: 'Ward 6B',
    gateway: 'http://gate.localhost:1',
    issuer: { url: 'http://id.localhost:1', client: 'tablet' },
    stations: [],
  };
  const config = { url: 'http://sign-a.localhost:1', host: '127.0.0.1', port: 0, pages: '', place };
  const app = makeApp({
    config,
    bundle: readBundle(bundleFolder(name)),
    anchors: undefined,
    refused: () => undefined,
  });
  const server = createServer(app);
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const payload = (name: 'pump' | 'pacemaker'): string =>
    hex(encodeProfile(readProfileFile(profileSource(name))));
  return {
    url: (state) => `http://sign-a.localhost:${port}/#${state}`,
    profiles: { pump: payload('pump'), pacemaker: payload('pacemaker') },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
