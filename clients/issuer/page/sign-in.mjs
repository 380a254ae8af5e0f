import { ask, makePasskey, member, NotMade, onGo, takeSecret, Trouble } from './passkey.mjs';

const secret = takeSecret();
/** A sign-in that came with a link makes the passkey first, and signs in with it at once. */
let first = secret !== '';

/** One gesture: the passkey proves who it is, and the server says where to go on. */
async function signIn() {
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
}

function say(title, lead, press) {
  const words = { h1: title, '#lead': lead, '#go': press };
  for (const [place, text] of Object.entries(words)) {
    const element = document.querySelector(place);
    if (element) element.textContent = text;
  }
}

/** After the passkey was made, or found to be made already, this is the page for signing in. */
function onlySignIn() {
  first = false;
  say('Sign in', 'Use the sign-in passkey that you made.', 'Sign in with a passkey');
}

if (first)
  say(
    'Make your sign-in passkey',
    'Your browser asks twice: first to make the passkey, then to sign in with it.',
    'Make the passkey and sign in',
  );

onGo('Waiting for your passkey ...', async (tell) => {
  if (!first) return signIn();
  try {
    await makePasskey(secret);
  } catch (error) {
    if (!(error instanceof NotMade)) onlySignIn(); // the link is used, or there is a passkey already
    throw error;
  }
  onlySignIn();
  tell('Your sign-in passkey is ready. Use it once more, to sign in ...');
  return signIn();
});
