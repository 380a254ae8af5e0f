import { type Mutant, mutantsOf } from './mutant.ts';

const TWO = 'two people ';
const DRAFTS = 'drafts ';
const SHOWN = 'a hospital that wants two people for small changes too ';
const THEN = 'an evidence bundle of a second check by review only is held against the policy of its time: ';
const SECOND = 'the second signer’s own checks ';
const second = 'second/check';
const drafts = 'authorize/drafts';

/** A second person who is shown the values instead of entering them: where that counts, and that nothing hides it. */
// prettier-ignore
export const primedMutants: readonly Mutant[] = [
  ...mutantsOf('server/protocol/primed.ts', [
    ['primed-anchors', 'a primed check counts where the anchors say so', 'primedChecks !== true || ', '',
      'people', `${TWO}are not one who chose and one who was shown, where the anchors say nothing of it`],
    ['primed-operation', 'and for what has values to compare', '!PRIMABLE.includes(command.operation)', 'false',
      'people', `${TWO}are not primed for whose device it is, for one signer, or by a word that the log does not have`],
    ['primed-two', 'and by a second signer', 'signers !== 2 || ', '',
      'people', `${TWO}are not primed for whose device it is, for one signer, or by a word that the log does not have`],
    ['primed-word', 'the log has one word for it', 'intent.result !== SHOWN', 'intent.result > SHOWN',
      'people', `${TWO}are not primed for whose device it is, for one signer, or by a word that the log does not have`],
    ['primed-label', 'the signature says which kind it was', "place === 1 && primed ? 'primed' : 'command'", "'command'",
      'people', `${TWO}may be one who chose and one who was shown, where anchors and log say so`],
    ['primed-first', 'who was shown the values is never the one who chose them', 'place === 1 && primed', 'primed',
      'people', `${TWO}may be one who chose and one who was shown, where anchors and log say so`],
  ]),
  ...mutantsOf('clients/second/check/shown.ts', [
    ['primed-bytes', 'what is shown is what the second page builds itself', 'if (!same(await build(profile, now, PROGRAM, changes), command))', 'if (!(await build(profile, now, PROGRAM, changes)))',
      second, `${SECOND}believe values that are shown to them when they would build the very same bytes, and in no other case`],
    ['primed-announced', 'and of the settings that were announced', 'codes.join() !==', "'' ===",
      second, `${SECOND}believe values that are shown to them when they would build the very same bytes, and in no other case`],
  ]),
  ...mutantsOf('clients/second/main.ts', [
    ['primed-seen', 'what the page has shown is entered no more, whatever the gateway says', 'seen.add(hex(device.now.nonce));', '',
      'browser/second', 'the second clinician’s page, in a real browser shows the values to who wants to see them, after saying what that is worth, and has each ticked before it is signed as that'],
  ]),
  ...mutantsOf('clients/second/page/primed.ts', [
    ['primed-ticks', 'each value is ticked before anything is signed', 'if (missing.length === 0) return go.sign();', 'return go.sign();',
      'browser/second', 'the second clinician’s page, in a real browser shows the values to who wants to see them, after saying what that is worth, and has each ticked before it is signed as that'],
  ]),
  ...mutantsOf('server/protocol/evidence/evidence-checks.ts', [
    ['primed-evidence', 'evidence of a primed check is held against the anchors', 'isPrimed(entry, need(parts.command), credentials.length, need(parts.anchors))', 'entry.result === SHOWN',
      'protocol/evidence', 'evidence of one command tells how the second person checked, and finds a check that the anchors do not admit'],
  ]),
  ...mutantsOf('server/authorize/drafts.ts', [
    ['primed-entry', 'whoever was shown the values enters them no more', 'if (draft.shown) throw', 'if (false) throw',
      drafts, `${DRAFTS}once shown to the second person are a primed check for good, also after a restart, and no entry counts any more`],
    ['primed-outside', 'nor what is outside of the site’s range', 'if (draft.outside) throw', 'if (false) throw',
      drafts, `${DRAFTS}with a value outside of the site’s range are entered, and shown to nobody, also after a restart`],
    ['primed-after', 'what was entered is not shown afterwards', 'if (draft.matched && !draft.shown) throw', 'if (false) throw',
      drafts, `${DRAFTS}that were entered are not shown afterwards: a check stays what it was`],
  ]),
  ...mutantsOf('server/authorize/draft-body.ts', [
    ['primed-restart', 'a draft stays shown over a restart', 'if (draft.shown) members.push([13, 1]);', '',
      drafts, `${DRAFTS}once shown to the second person are a primed check for good, also after a restart, and no entry counts any more`],
  ]),
  ...mutantsOf('server/authorize/authorize.ts', [
    ['primed-rule', 'the policy decides where a primed check counts', 'primedCheck, //', '//',
      'authorize/authorize', 'the decision second clinician refuses one who was shown the values, unless the site may do with less'],
  ]),
  ...mutantsOf('server/authorize/primed-check.ts', [
    ['primed-outside-rule', 'a primed check counts within the site’s range', 'if (outside === true) refuse', 'if (false) refuse',
      'authorize/authorize', 'the decision second clinician refuses one who was shown the values, unless the site may do with less'],
  ]),
  ...mutantsOf('server/authorize/load-policy.ts', [
    ['primed-weaker', 'to allow it takes two operators', 'return primesMore(policy, old);', 'return false;',
      'authorize/policy', 'loading a policy that is weaker than the last needs two different operators: a second person who need not enter the values'],
  ]),
  ...mutantsOf('server/protocol/verify/policy-then.ts', [
    ['primed-then', 'a bundle holds a primed check against the policy', 'return sites.length === 0', 'return false',
      'verify/bundle', `${THEN}it has failed where that did not, whatever came later`],
    ['primed-then-time', 'the one of that time', 'policies.findLast((policy) => policy.index < index)', 'policies.at(-1)',
      'verify/bundle', `${THEN}it has failed where that did not, whatever came later`],
    ['primed-then-file', 'and none that was put in its place', '!equal(sha256(file), digest)', 'false',
      'verify/bundle', `${THEN}it has failed where the file is another one, and is not checked where there is none`],
  ]),
  ...mutantsOf('server/gateway/audit/policy-history.ts', [
    ['primed-gap', 'an auditor sees a primed check that was not allowed', 'site !== undefined && allows(then.json, site)', 'true',
      'audit/policy-history', 'a second check by review only, beside the policy of its time is a gap where that did not allow it at the site of the device, and none where it did'],
  ]),
  ...mutantsOf('clients/tablet/history/lines.ts', [
    ['primed-history', 'the tablet’s history tells it', 'KINDS_TOLD.includes(type) && result === SHOWN', 'KINDS_TOLD.includes(type) && result === 9',
      'page/history', 'the history of a device on the tablet a second person who was shown the values is never said to have entered them'],
  ]),
  ...mutantsOf('server/gateway/desks/inbox.ts', [
    ['primed-show', 'values are shown where the policy says so', 'if (offered && !this.#maybePrimed(offered))', 'if (false)',
      'ceremony/two-people', 'a change of high risk, by two people shows the second person who asks and why, and nothing of the values, the hash or the words'],
    ['primed-logged', 'and in the log first', 'await refusing(() => log.appendDurable([logEntry(entry)])); // before', 'void entry; // before',
      'ceremony/two-people', `${SHOWN}has the log say so before the values are told, the signature too, and a stranger who reads the evidence`],
  ]),
];
