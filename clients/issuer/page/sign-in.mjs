import { ask, member, onGo, Trouble } from './passkey.mjs';

// One gesture: the passkey proves who it is, and the server says where to go on.
onGo('Waiting for your passkey ...', async () => {
  const here = location.pathname;
  const options = await ask(`${here}/options`, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Trouble('No passkey was chosen. Try again.');
  const answer = await ask(`${here}/passkey`, { response: credential.toJSON() });
  const next = member(answer, 'location');
  if (typeof next !== 'string') throw new Trouble('Something went wrong. Try again.');
  location.assign(next);
  return 'Signed in. Going back ...';
});
