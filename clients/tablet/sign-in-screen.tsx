/** Where everybody begins. */
export const SignIn = () => (
  <main>
    <h1>Countersign</h1>
    <p class="quiet">Build {BUILD.slice(0, 12)}</p>
  </main>
);
