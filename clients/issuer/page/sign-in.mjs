import { ask, makePasskey, member, NotMade, onGo, takeSecret, Trouble } from './passkey.mjs';
import { words } from './words.mjs';

const secret = takeSecret();
/** A sign-in that came with a link makes the passkey first, and signs in with it at once. */
let first = secret !== '';

/** One gesture: the passkey proves who it is, and the server says where to go on. */
async function signIn() {
  const here = location.pathname;
  const options = await ask(`${here}/options`, {});
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey });
  if (!(credential instanceof PublicKeyCredential)) throw new Trouble(words().noneChosen);
  const answer = await ask(`${here}/passkey`, { response: credential.toJSON() });
  const next = member(answer, 'location');
  if (typeof next !== 'string') throw new Trouble(words().notUnderstood);
  location.assign(next);
  return words().signedIn;
}

function say(title, lead, press) {
  for (const [place, text] of Object.entries({ h1: title, '#lead': lead, '#go': press })) {
    const element = document.querySelector(place);
    if (element) element.textContent = text;
  }
}

/** After the passkey was made, or found to be made already, this is the page for signing in. */
function onlySignIn() {
  first = false;
  say(words().signIn, words().signInLead, words().signInGo);
}

if (first) say(words().both, words().bothLead, words().bothGo);

onGo(words().waiting, async (tell) => {
  if (!first) return signIn();
  try {
    await makePasskey(secret);
  } catch (error) {
    if (!(error instanceof NotMade)) onlySignIn(); // the link is used, or there is a passkey already
    throw error;
  }
  onlySignIn();
  tell(words().readySignIn);
  return signIn();
});
