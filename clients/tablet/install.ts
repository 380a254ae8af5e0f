import type { State } from './state.ts';

/** The one script address that the page's Trusted Types policy lets pass. */
const WORKER = '/sw.js';
const LOOK_MS = 10 * 60_000;

/** Trusted Types (W3C), where the browser has them. */
interface Policies {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): string };
}

declare const trustedTypes: Policies;

/**
 * Has the browser keep this page (service worker), and finds out when there is a newer one. It is not taken here: a session
 * ends on the version it began on. Where a browser keeps nothing, the page works all the same.
 */
export async function install(state: State): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  const { serviceWorker } = navigator;
  const registration = await serviceWorker.register(workerUrl());
  const look = (): void => {
    state.updateReady.value = registration.waiting !== null && serviceWorker.controller !== null;
  };
  registration.addEventListener('updatefound', () => {
    registration.installing?.addEventListener('statechange', look);
  });
  look();
  setInterval(() => void registration.update().catch(() => undefined), LOOK_MS);
}

/** Lets the newer version take over, and loads it. */
export async function takeUpdate(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  if (!registration?.waiting) return location.reload();
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  registration.waiting.postMessage('take');
}

function workerUrl(): string {
  if (!('trustedTypes' in globalThis)) return WORKER;
  const policy = trustedTypes.createPolicy('app-sw', {
    createScriptURL(url) {
      if (url !== WORKER) throw new TypeError('no other script is started from here');
      return url;
    },
  });
  return policy.createScriptURL(WORKER);
}
