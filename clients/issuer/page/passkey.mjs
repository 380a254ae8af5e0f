/** What a person reads when something goes wrong, and can do about it. */
export class Trouble extends Error {}

/** No passkey was made, and another try can make one: its message is what a person reads. */
export class NotMade extends Error {}

/** The secret of an operator's link. It stands behind the #, so no server, proxy or log ever sees it in an address. */
export function takeSecret() {
  const secret = location.hash.slice(1);
  history.replaceState(undefined, '', location.pathname);
  return secret;
}

/** Makes a passkey for signing in, with an operator's link. Throws NotMade, or Trouble when this link can make none. */
export async function makePasskey(secret) {
  if (secret === '') throw new Trouble('This link is not whole. Open it exactly as you were given it.');
  const options = await ask('/register/options', { secret });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey }).catch((error) => {
    if (nameOf(error) === 'InvalidStateError') throw new Trouble(HAVE_ONE);
    throw new NotMade(nameOf(error) === 'NotAllowedError' ? NONE_MADE : wordsOf(error));
  });
  if (!(credential instanceof PublicKeyCredential)) throw new NotMade(NONE_MADE);
  await ask('/register', { secret, response: credential.toJSON() });
}

const HAVE_ONE = 'There is a sign-in passkey of yours on this device already. Sign in with it.';
const NONE_MADE =
  'No passkey was made: it was cancelled, it took too long, or this browser found none to use. Try again, and confirm with this device’s PIN, fingerprint or face, with a phone, or with a security key.';
const NOT_SIGNED_IN =
  'Not signed in: it was cancelled, it took too long, or there is no sign-in passkey of yours here. Try again with the device that you made it on, or with your security key. None yet? Close this window, and set the tablet up again.';

/** Posts JSON to this page's own server. Throws Trouble with the server's words. */
export async function ask(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Trouble('The sign-in server does not answer. Check the network and try again.');
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const title = member(answer, 'title');
  throw new Trouble(typeof title === 'string' ? title : 'Something went wrong. Try again.');
}

export const member = (value, name) =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** Runs the one thing this page does when its button is pressed, and says how it goes. Until now no press could be heard. */
export function onGo(doing, work) {
  const go = document.querySelector('#go');
  const state = document.querySelector('#state');
  if (!go || !state) return;
  go.addEventListener('click', () => {
    go.disabled = true;
    state.className = '';
    state.textContent = doing;
    work((now) => (state.textContent = now)).then(
      (done) => {
        state.textContent = done;
      },
      (error) => {
        state.className = 'trouble';
        state.textContent = wordsOf(error);
        go.disabled = false;
        go.focus();
      },
    );
  });
  go.disabled = false;
  go.focus();
}

const nameOf = (error) => (error instanceof DOMException ? error.name : '');

function wordsOf(error) {
  if (error instanceof Trouble || error instanceof NotMade) return error.message;
  const name = nameOf(error);
  if (name === 'NotAllowedError') return NOT_SIGNED_IN;
  if (name === 'SecurityError')
    return 'This address does not fit the passkey. Open the page by its usual name.';
  return 'The passkey could not be reached. Try again, or use another device.';
}
