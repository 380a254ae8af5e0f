import helmet from 'helmet';
import type { HostConfig } from './config.ts';

/** What pages may use of the browser; everything else is off. */
const ALLOWED = ['publickey-credentials-get', 'publickey-credentials-create', 'camera', 'screen-wake-lock'];
const DENIED = [
  'accelerometer', 'autoplay', 'bluetooth', 'browsing-topics', 'clipboard-read', 'display-capture', 'encrypted-media',
  'fullscreen', 'geolocation', 'gyroscope', 'hid', 'identity-credentials-get', 'idle-detection', 'local-fonts',
  'magnetometer', 'microphone', 'midi', 'otp-credentials', 'payment', 'picture-in-picture', 'serial',
  'storage-access', 'usb', 'web-share', 'window-management', 'xr-spatial-tracking',
]; // prettier-ignore

/**
 * Permissions-Policy (W3C): passkeys, the camera for labels, and a screen that stays on while a command runs. Tags of readers
 * (Web NFC) have no name in it: browsers let the page in the address bar read them, after asking the person, and no frame.
 */
export const PERMISSIONS = [
  ...ALLOWED.map((name) => `${name}=(self)`),
  ...DENIED.map((name) => `${name}=()`),
].join(', ');

/** Where the page reports what its policy refused. */
export const REPORTS = '/csp-report';

/**
 * Headers of every page: nothing but its own scripts and styles runs, no text becomes code (Trusted Types; the one policy
 * `app-sw` starts the service worker), nobody frames it, and it talks to the gateway, the issuer and the stations only.
 */
export function pageHeaders({ url, place }: HostConfig): ReturnType<typeof helmet> {
  const gateway = new URL(place.gateway);
  const talksTo = [
    gateway.origin,
    gateway.origin.replace(/^http/u, 'ws'),
    new URL(place.issuer.url).origin,
    ...(place.reception === undefined ? [] : [new URL(place.reception).origin]),
    ...place.stations.map(({ emergency }) => new URL(emergency).origin),
  ];
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        connectSrc: ["'self'", ...talksTo],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: ['app-sw'],
        reportUri: [REPORTS],
      },
    },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'no-referrer' },
    // A name on loopback has no certificate; HSTS there would lock people out of every other port.
    strictTransportSecurity: url.startsWith('https:') && { maxAge: 31_536_000 },
  });
}
