/** What a person reads when something goes wrong, and can do about it. */
export class Trouble extends Error {}

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
    work().then(
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

function wordsOf(error) {
  if (error instanceof Trouble) return error.message;
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError')
    return 'Nothing was signed: it was cancelled, it took too long, or this device has no passkey of yours for signing in. Try again, or close this window and make the passkey first.';
  if (name === 'InvalidStateError')
    return 'This device already has a passkey for you. You can sign in with it.';
  if (name === 'SecurityError')
    return 'This address does not fit the passkey. Open the page by its usual name.';
  return 'The passkey could not be reached. Try again, or use another device.';
}
