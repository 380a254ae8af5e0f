import { Notice } from './chip.tsx';
import { Icon } from './icon.tsx';

/** What the second window shows when it has done its work. */
export const SignedInPage = ({
  handed,
  says,
}: {
  readonly handed: boolean;
  readonly says: { readonly title: string; readonly done: string; readonly failed: string };
}) => (
  <main class="alone">
    <Icon kind={handed ? 'verified' : 'blocked'} size={48} />
    <h1>{says.title}</h1>
    <p role="status">{handed ? says.done : says.failed}</p>
  </main>
);

/** What is shown when this page must not be used: no button, because there is nothing that it could do. */
export const BrokenPage = ({ title, why }: { readonly title: string; readonly why: string }) => (
  <main class="alone">
    <h1>{title}</h1>
    <Notice kind="blocked" loud title={why} />
  </main>
);
