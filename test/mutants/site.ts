import { type Mutant, mutantsOf } from './mutant.ts';

const limits = 'authorize/site-limits';
const site = 'ceremony/site';
const page = 'page/site';
const RANGE = 'the range of a site at the tablet ';
const LOW = 'a battery with which the hospital changes nothing, at the tablet ';
const SITE = 'limits of a site, and what they ask for ';
const MISFITS = `${SITE}that do not fit a device refuse its changes, and say why `;
const LOADING = 'loading a policy with limits ';

/** What the hospital's policy narrows: ranges of its sites, and how much charge a device needs to be changed. */
// prettier-ignore
export const SITE_MUTANTS: readonly Mutant[] = [
  ...mutantsOf('server/authorize/site-limits.ts', [
    ['site-low', 'a value below the range of a site takes two people',
      'value >= low && value <= high', 'value <= high',
      limits, `${SITE}two people set one outside of it, and one does not, though the device asks for one`],
    ['site-high', 'a value above the range of a site takes two people',
      'value >= low && value <= high', 'value >= low',
      limits, `${SITE}two people set one outside of it, and one does not, though the device asks for one`],
    ['site-tier', 'what leaves the range of a site is a change of high risk',
      'tier: 2, waits: true, outside: true', 'waits: true, outside: true',
      limits, `${SITE}two people set one outside of it, and one does not, though the device asks for one`],
    ['site-unit', 'a limit counts in the unit of the profile only',
      'if (unit !== parameter.unit)', 'if (false)',
      limits, `${MISFITS}another unit`],
    ['site-measured', 'a limit is of a setting that can be changed',
      '!parameter?.programmed', '!parameter',
      limits, `${MISFITS}what is only measured`],
    ['site-decimals', 'a limit is never rounded',
      'decimals.length > scale', 'false',
      limits, `${MISFITS}more decimals than it has`],
    ['site-empty', 'a limit that leaves no value inside was meant otherwise',
      'if (range.low > max || range.high < min) throw', 'if (false) throw',
      limits, `${MISFITS}no value inside`],
  ]),
  ...mutantsOf('server/authorize/policy-limits.ts', [
    ['site-own', 'a site’s own limit comes before that of every other site',
      'policy.limits.get(limitKey(about)) ?? ', '',
      limits, `${SITE}are the site’s own where it has some, and those of every other site elsewhere`],
    ['site-wider', 'a policy that widens a limit is signed by two operators',
      'is.low < was.low || is.high > was.high', 'false',
      limits, `${LOADING}asks two operators for one that allows more: a range that is wider above`],
    ['site-gone', 'a policy that leaves out a limit is signed by two operators',
      'if (!was) return false;', 'if (!was || !is) return false;',
      limits, `${LOADING}asks two operators for one that allows more: no range any more`],
  ]),
  ...mutantsOf('server/authorize/load-policy.ts', [
    ['site-fits', 'a new policy whose limits do not fit a device is not taken',
      'if (misfits.size > 0)', 'if (false)',
      limits, `${LOADING}refuses a new one that does not fit a device of this hospital, and names the limit`],
    ['battery-wider', 'a policy that changes devices at a lower charge is signed by two operators',
      '(policy.stopBelowPercent ?? 0) < (old.stopBelowPercent ?? 0) || ', '',
      limits, `${LOADING}asks two operators for one that allows more: changes at a lower charge`],
  ]),
  ...mutantsOf('server/authorize/battery.ts', [
    ['battery', 'nothing is changed below the charge that the policy names',
      'device.charge < stopBelowPercent', 'false',
      limits, `${SITE}a battery that is low keeps a device from being changed below that charge, and not at it`],
    ['battery-stop', 'a low battery keeps nobody from stopping a device',
      'CHANGES.includes(commandClass) && ', '',
      limits, `${SITE}a battery that is low keeps nobody from stopping a device, or from letting it go on`],
  ]),
  ...mutantsOf('server/gateway/devices/deciding.ts', [
    ['gw-approvals', 'the policy says how many people sign',
      'policy.tiers[outside ? 2 : own].approvals', '(outside ? 2 : own)',
      'ceremony/two-people', 'a hospital that wants two people for small changes too has the first signature wait for a second'],
    ['site-signers', 'one signature is not enough for what leaves the range of a site',
      'outside ? 2 : own', 'own',
      site, 'a site with limits of its own has two sign what leaves it, and a device that asks for one takes it from both'],
  ]),
  ...mutantsOf('server/gateway/hospital/policy.ts', [
    ['policy-second', 'the word of a second operator is read, and counts for what it is',
      '...(second && { second }),', '',
      site, 'a site with limits of its own takes no policy that widens a range without the word of another operator, and none that does not fit a device'],
    ['policy-fits', 'a new policy is held against the devices of this hospital',
      'devices: registry.all,', 'devices: [],',
      site, 'a site with limits of its own takes no policy that widens a range without the word of another operator, and none that does not fit a device'],
  ]),
  ...mutantsOf('server/gateway/opening/stages.ts', [
    ['site-stage', 'the main path takes a command for what it is at its site',
      'return atSite(request, rules.policy.policy);', 'return request;',
      site, 'a site with limits of its own has two sign what leaves it, and a device that asks for one takes it from both'],
  ]),
  ...mutantsOf('server/protocol/battery.ts', [
    ['charge-unit', 'only a charge in percent is one',
      " && unit === '%'", '',
      limits, `${SITE}a battery that is low is one in percent, measured, and the lowest that is attested`],
  ]),
  ...mutantsOf('clients/tablet/change/draft.ts', [
    ['site-people', 'a value outside the range of the site takes two people at the tablet too',
      'if ([...draft.changes].some(', 'if (false && [...draft.changes].some(',
      page, `${RANGE}makes a change of one person one of two, from the first value outside of it`],
    ['site-void', 'a draft that was made with another range is void',
      '[...(siteRanges ?? [])]', '[]',
      page, `${RANGE}voids a draft that was made with another range, or with none`],
  ]),
  ...mutantsOf('clients/tablet/device/blocks.ts', [
    ['battery-blocks', 'nobody chooses values that a low battery will refuse',
      "return lacking(reading) && 'battery';", 'return undefined;',
      page, `${LOW}blocks what chooses values, by the charge that the device itself has signed`],
    ['battery-goes-on', 'a low battery keeps nobody from stopping or resuming',
      "(by === 'battery' && operation !== OPERATION.program)", 'false',
      page, `${LOW}leaves stopping and resuming be`],
  ]),
  ...mutantsOf('clients/device/sdk/judge.ts', [
    ['two-are-two', 'two people are held to all that two are, also where the device asks for one',
      'bundle.approvals.length === 2 ? 2 : own', 'own',
      'device/people', 'two people sign what the device takes from one: it holds them to what two people are'],
  ]),
  ...mutantsOf('server/gateway/devices/may-begin.ts', [
    ['battery-first', 'nobody is asked second for what a low battery will refuse',
      '  battery,\n', '',
      site, 'a site with limits of its own changes nothing of a device whose battery is low, and still stops it and reads it'],
  ]),
];
