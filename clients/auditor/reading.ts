import { Refusal } from '../../server/protocol/refusal.ts';
import { saveAs } from './take/download.ts';
import type { Gateway } from './gateway.ts';
import { type Listing, listingActions } from './list/listing.ts';
import { type Proof, prove, rememberedSize } from './story/proof.ts';
import type { Opened, Section, State } from './state.ts';
import { judgeSaid, type Reviewed } from './story/reviewed.ts';
import type { Reviewing, Story } from './wire.ts';
import type { World } from '../common/page/gate/world.ts';

/** What somebody who is signed in reads and checks. */
export interface Reading extends Listing {
  readonly choose: (story: Story) => Promise<void>;
  readonly verify: () => Promise<void>;
  readonly verifyAll: () => Promise<void>;
  readonly bundle: (names: boolean) => Promise<void>;
  readonly look: (section: Exclude<Section, 'commands'>) => Promise<void>;
  readonly meetDevices: () => Promise<void>;
  readonly forget: () => void;
}

/** Refused or cancelled before any grant: there is no word of a device that could be proven. */
const reached = ({ outcome, receipt }: Story): boolean =>
  receipt !== undefined || !['waiting', 'refused', 'cancelled'].includes(outcome);

export function readingActions(
  world: World,
  state: State,
  now: () => Gateway | undefined,
  { fail, opened }: { fail: (error: unknown) => void; opened: (story: Story) => void },
): Reading {
  const judge = async (gateway: Gateway, command: string): Promise<Opened['proof']> => {
    try {
      const proof = await prove(world, await gateway.evidence(command), gateway.tiles, Date.now());
      state.proofs.value = new Map(state.proofs.value).set(command, proof);
      return proof;
    } catch (error) {
      if (!(error instanceof Refusal)) return 'unreachable';
      return error.code === 'E_DRAFT' ? 'pending' : error.code === 'E_SCOPE' ? 'none' : 'unreachable';
    }
  };

  /** Judged by this computer's anchors, and once more under newer ones where there are some. */
  const reviewed = async (
    command: string | undefined,
    purpose: 'reason' | 'review',
    said: Reviewing | undefined,
  ): Promise<Reviewed | undefined> => {
    if (command === undefined || !said) return undefined;
    const judge = () => judgeSaid(world.crypto, world.anchors, command, purpose, said);
    const judged = await judge();
    if (judged?.verdict !== 'FAILED' || !(await world.renew())) return judged;
    return judge();
  };

  const choose = async (story: Story): Promise<void> => {
    const gateway = now();
    if (!gateway) return;
    state.chosen.value = story.id;
    state.raw.value = false;
    state.unmasking.value = false;
    try {
      const told = await gateway.story(story.id);
      const { command: about } = told.story;
      const reason = await reviewed(about, 'reason', told.reason);
      const detail = { ...told, reason, review: await reviewed(about, 'review', told.review) };
      if (state.chosen.value !== story.id) return;
      const { command } = detail.story;
      const granted = command !== undefined && reached(detail.story);
      state.opened.value = { ...detail, proof: granted ? 'checking' : 'none' };
      opened(detail.story);
      if (!granted) return;
      const proof = await judge(gateway, command);
      if (state.chosen.value === story.id) state.opened.value = { ...detail, proof };
    } catch (error) {
      fail(error);
    }
  };

  const { forget, ...listing } = listingActions(state, now, { fail, choose });

  return {
    ...listing,
    choose,
    async verify() {
      const [gateway, opened] = [now(), state.opened.value];
      const command = opened?.story.command;
      if (!gateway || !opened || command === undefined || !reached(opened.story)) return;
      state.opened.value = { ...opened, proof: 'checking' };
      const proof = await judge(gateway, command);
      if (state.chosen.value === opened.story.id) state.opened.value = { ...opened, proof };
    },
    async verifyAll() {
      const gateway = now();
      if (!gateway || state.verifyingAll.value) return;
      state.verifyingAll.value = true;
      for (const story of state.rows.value) {
        const { command } = story;
        if (command !== undefined && reached(story) && !state.proofs.value.has(command))
          await judge(gateway, command);
      }
      state.verifyingAll.value = false;
    },
    async bundle(names) {
      const [gateway, command] = [now(), state.opened.value?.story.command];
      if (!gateway || command === undefined) return;
      state.trouble.value = undefined;
      try {
        const size = await rememberedSize(world.shelf, world.anchors.log.origin);
        await saveAs(await gateway.bundle([command], names, size === 0 ? [] : [size]), 'evidence.zip');
        state.exporting.value = false;
      } catch (error) {
        fail(error);
      }
    },
    async look(section) {
      const gateway = now();
      if (!gateway) return;
      state[section].value = 'loading';
      try {
        if (section === 'overview') state.overview.value = await gateway.overview();
        else if (section === 'gaps') state.gaps.value = await gateway.gaps();
        else if (section === 'access') state.access.value = await gateway.access();
        else state.retention.value = await gateway.retention();
      } catch (error) {
        state[section].value = 'failed';
        fail(error);
      }
    },
    async meetDevices() {
      try {
        const devices = (await now()?.devices()) ?? [];
        state.devices.value = new Map(devices.map((device) => [device.id, device]));
      } catch (error) {
        fail(error); // ids are shown then
      }
    },
    forget() {
      forget();
      state.opened.value = undefined;
      state.chosen.value = undefined;
      state.proofs.value = new Map<string, Proof>();
      state.filters.value = {};
      state.overview.value = 'loading';
      state.gaps.value = 'loading';
      state.access.value = 'loading';
      state.retention.value = 'loading';
      state.purpose.value = '';
    },
  };
}
