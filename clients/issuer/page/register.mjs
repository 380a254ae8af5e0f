import { ask, onGo, Trouble } from './passkey.mjs';

// The secret stands behind the #: no server, proxy or log ever sees it in an address.
const secret = location.hash.slice(1);
history.replaceState(undefined, '', location.pathname);

onGo('Waiting for your device ...', async () => {
  if (secret === '') throw new Trouble('This link is not whole. Open it exactly as you were given it.');
  const options = await ask('/register/options', { secret });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Trouble('No passkey was made. Try again.');
  await ask('/register', { secret, response: credential.toJSON() });
  return 'Your passkey is ready. You can close this page and sign in on the tablet.';
});
