/**
 * The bundles of pages, by name. Each is built from one room and served by one host, under the paths on the left.
 *
 * @type {readonly import('./build.mjs').PageBundle[]}
 */
export const PAGES = [
  {
    name: 'tablet',
    room: 'clients/tablet',
    scripts: { 'app.js': 'main.tsx', 'sw.js': 'sw.ts' },
    styles: { 'app.css': 'tablet.css' },
    files: ['index.html', 'icon.svg', 'app.webmanifest'],
  },
  {
    name: 'second',
    room: 'clients/second',
    scripts: { 'second.js': 'main.ts' },
    styles: { 'second.css': 'second.css' },
    files: ['index.html', 'icon.svg'],
  },
  {
    name: 'verifier',
    room: 'clients/verifier',
    scripts: { 'verifier.js': 'main.ts' },
    styles: { 'verifier.css': 'verifier.css' },
    files: ['index.html'],
    single: 'verifier.html',
  },
  {
    name: 'patient',
    room: 'clients/patient',
    scripts: { 'patient.js': 'main.tsx' },
    styles: { 'patient.css': 'patient.css' },
    files: ['index.html', 'icon.svg'],
  },
  {
    name: 'auditor',
    room: 'clients/auditor',
    scripts: { 'audit.js': 'main.tsx' },
    styles: { 'audit.css': 'audit.css' },
    files: ['index.html', 'icon.svg'],
  },
];
