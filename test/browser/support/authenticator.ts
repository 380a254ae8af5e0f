import type { CDPSession, Page } from 'playwright-core';

/** A security key in somebody's hand: it goes from one window to the next, and its passkeys stay inside. */
export class SecurityKey {
  readonly #held = new Map<string, HeldPasskey>();

  /** Plugs it into a window (Web Authentication, section 11): user verification, resident keys, no backup. */
  async plugIn(page: Page): Promise<PluggedKey> {
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
    for (const credential of this.#held.values())
      await session.send('WebAuthn.addCredential', { authenticatorId, credential });
    session.on('WebAuthn.credentialAdded', ({ credential }) =>
      this.#held.set(credential.credentialId, credential),
    );
    return {
      async willVerify(isUserVerified) {
        await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
      },
      async unplug() {
        await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
        await session.detach();
      },
    };
  }

  get passkeys(): number {
    return this.#held.size;
  }
}

/** A security key in one window. */
export interface PluggedKey {
  /** Whether the person's finger and PIN are there. */
  willVerify(yes: boolean): Promise<void>;
  unplug(): Promise<void>;
}

interface HeldPasskey {
  readonly credentialId: string;
  readonly isResidentCredential: boolean;
  readonly privateKey: string;
  readonly signCount: number;
}
