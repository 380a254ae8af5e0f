import type { CDPSession, Page } from 'playwright-core';

type Held = Awaited<ReturnType<typeof credentialsOf>>[number];

/** A person's security key: it goes from page to page, and keeps what was made on each. */
export interface SecurityKey {
  /** Plugs it into a page; it stays there until the page closes. */
  plugInto(page: Page): Promise<void>;
  /** How many passkeys were made with it: one more as soon as it can be used on another page. */
  readonly made: number;
  /** Takes it out again. */
  pullOutOf(page: Page): Promise<void>;
}

/**
 * A virtual authenticator (Web Authentication, section 11) that several pages share: with user verification, resident keys
 * and no backup. The browser has one for each page, so what is made in one is carried to the others.
 */
export function securityKey(): SecurityKey {
  const held = new Map<string, Held>();
  let made = 0;
  const plugged = new Set<{ page: Page; session: CDPSession; authenticatorId: string }>();
  const spread = async (credential: Held, but: CDPSession): Promise<void> => {
    if (held.has(credential.credentialId)) return; // carried here, not made here
    for (const [id, one] of held)
      if (one.rpId === credential.rpId && one.userHandle === credential.userHandle) held.delete(id); // made again
    held.set(credential.credentialId, credential);
    made += 1;
    for (const { session, authenticatorId } of plugged)
      if (session !== but) await session.send('WebAuthn.addCredential', { authenticatorId, credential });
  };
  return {
    get made() {
      return made;
    },
    async plugInto(page) {
      const session = await page.context().newCDPSession(page);
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
      for (const credential of held.values())
        await session.send('WebAuthn.addCredential', { authenticatorId, credential });
      const one = { page, session, authenticatorId };
      plugged.add(one);
      page.once('close', () => plugged.delete(one));
      session.on('WebAuthn.credentialAdded', ({ credential }) => {
        void spread(credential, session).catch(() => undefined); // a page that has just closed needs it no more
      });
      session.on('WebAuthn.credentialAsserted', ({ credential }) => {
        held.set(credential.credentialId, credential); // the counter went up
      });
    },
    async pullOutOf(page) {
      for (const one of [...plugged].filter((each) => each.page === page)) {
        plugged.delete(one);
        await one.session.send('WebAuthn.removeVirtualAuthenticator', {
          authenticatorId: one.authenticatorId,
        });
      }
    },
  };
}

const credentialsOf = async (session: CDPSession, authenticatorId: string) =>
  (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials;
