import { words } from './words.mjs';

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
  if (secret === '') throw new Trouble(words().notWhole);
  const options = await ask('/register/options', { secret });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey }).catch((error) => {
    if (nameOf(error) === 'InvalidStateError') throw new Trouble(words().haveOne);
    throw new NotMade(nameOf(error) === 'NotAllowedError' ? words().noneMade : wordsOf(error));
  });
  if (!(credential instanceof PublicKeyCredential)) throw new NotMade(words().noneMade);
  await ask('/register', { secret, response: credential.toJSON() });
}

/** Posts JSON to this page's own server. Throws Trouble with the server's words. */
export async function ask(path, body) {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': document.documentElement.lang },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Trouble(words().away);
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const title = member(answer, 'title');
  throw new Trouble(typeof title === 'string' ? title : words().notUnderstood);
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
  if (name === 'NotAllowedError') return words().notSignedIn;
  if (name === 'SecurityError') return words().address;
  return words().notReached;
}
