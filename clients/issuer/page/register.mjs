import { makePasskey, onGo, takeSecret } from './passkey.mjs';

const secret = takeSecret();

onGo('Waiting for your passkey ...', async () => {
  await makePasskey(secret);
  return 'Your sign-in passkey is ready. You can close this window, and sign in.';
});
