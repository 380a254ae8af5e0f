import { Shell, speakAsBefore } from '../../../clients/second/page/shell.ts';
import { t } from '../../../clients/second/texts/texts.ts';
import { aboutOf } from '../../../clients/second/page/words-for-people.ts';
import { PLACE, waiting } from './kit.ts';
import { NOBODY, SECOND_STATES } from './states.ts';

/** Shows one state of the second signer's page, named behind the #. Nothing here reaches a gateway. */
speakAsBefore();
const ABOUT_NOTHING = /new|known|window|approve|signed-out|locked|lost|inbox|called|rescued|glass/u;
const shell = new Shell(PLACE);

function show(): void {
  const name = location.hash.slice(1);
  const state = SECOND_STATES[name];
  if (!state) return;
  if (!NOBODY.includes(name)) shell.open(t().page.me, () => undefined);
  shell.about(ABOUT_NOTHING.test(name) ? '' : aboutOf(waiting()));
  shell.seen();
  if (name === 'second-called') shell.called();
  if (name === 'second-rescued') shell.rescued();
  if (name === 'second-glass-news') shell.brokeGlass();
  shell.show(state());
  document.documentElement.dataset['shown'] = name;
}
addEventListener('hashchange', show);
show();
