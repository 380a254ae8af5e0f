const NAME = 'countersign.tablet';

/**
 * True for the one page of this tablet in use. In a second tab two sessions would share one key, and nobody would know which
 * one signs: it waits, and begins anew when the first one is closed.
 */
export async function isOnlyPage({ locks }: Pick<Navigator, 'locks'>, again: () => void): Promise<boolean> {
  const mine = await new Promise<boolean>((told) => {
    void locks.request(NAME, { ifAvailable: true }, (lock) => {
      told(lock !== null);
      return lock && new Promise<never>(() => undefined); // until this page is closed
    });
  });
  if (!mine) void locks.request(NAME, again);
  return mine;
}
