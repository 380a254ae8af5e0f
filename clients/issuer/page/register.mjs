import { makePasskey, onGo, takeSecret } from './passkey.mjs';
import { words } from './words.mjs';

const secret = takeSecret();

onGo(words().waiting, async () => {
  await makePasskey(secret);
  return words().ready;
});
