import { Notice } from '../../common/page/chip.tsx';
import { Icon } from '../../common/page/icon.tsx';
import { texts } from '../words.ts';
import type { NoWorld } from '../../common/page/gate/world.ts';

/** What the second window shows when it has done its work. */
export function SignedInPage({ handed }: { handed: boolean }) {
  const { signedIn } = texts.value;
  return (
    <main class="alone">
      <Icon kind={handed ? 'verified' : 'blocked'} size={48} />
      <h1>{signedIn.title}</h1>
      <p role="status">{handed ? signedIn.done : signedIn.failed}</p>
    </main>
  );
}

/** What is shown when this console must not be used: no button, because there is nothing that it could do. */
export function BrokenPage({ why }: { why: NoWorld['why'] }) {
  const { broken } = texts.value;
  return (
    <main class="alone">
      <h1>{broken.title}</h1>
      <Notice kind="blocked" loud title={broken[why]} />
    </main>
  );
}
