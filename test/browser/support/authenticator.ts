import type { CDPSession, Page } from 'playwright-core';

/** A security key that a test plugs into a page: a real one for the page, and the key stays inside. */
export interface Authenticator {
  /** Whether the person's finger and PIN are there. */
  willVerify(yes: boolean): Promise<void>;
  /** How many passkeys it holds. */
  credentials(): Promise<number>;
  /** Takes it out of the page. */
  remove(): Promise<void>;
}

/**
 * Plugs a virtual authenticator in (Web Authentication, section 11): with user verification, a resident key, and no
 * backup. A page of another origin, or after another `goto`, keeps it: it belongs to the tab.
 */
export async function plugIn(page: Page): Promise<Authenticator> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('WebAuthn.enable', { enableUI: false });
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'usb',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
      defaultBackupEligibility: false,
      defaultBackupState: false,
    },
  });
  return {
    async willVerify(isUserVerified) {
      await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
    },
    async credentials() {
      return (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length;
    },
    async remove() {
      await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
      await session.detach();
    },
  };
}
