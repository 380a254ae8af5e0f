"""A bundle, and the nine checks of an evidence file: PROTOCOL.md sections 4, 5 and 3.9."""

import fleet
import messages
from messages import MALFORMED, anchor_messages, anchor_set
from profiles import profile
from signatures import challenge, check_approval, cose_key, second_label, sha256
from strict import Refused, array, decode, demand, encode, octets
from transparency import COMMAND, DEVICE, DIGEST, INDEX, KIDS, NUMBER, RESULT, TIER, proof, proven


def site_of(credential, anchors):
    for origin, rp_id in anchors.sites:
        if sha256(rp_id.encode()) == credential.rp_id_hash:
            return origin, rp_id
    raise Refused("E_ASSERTION", "a page that the anchors do not name")


def bundle(data, anchors):
    """A bundle whose parts are genuine and belong together; a device also judges its own state."""
    given = messages.bundle(data)
    command = messages.command(given.command)
    digest = sha256(given.command)
    granted = messages.grant(given.grant, anchors.grant_keys)
    demand(granted[2] == digest, "E_CMD_HASH", "the grant is for other bytes")
    intent, leaf, _ = proven(given.proof, anchors)
    demand(leaf == granted[5] and intent.get(COMMAND) == digest, "E_CMD_HASH", "not the entry the grant names")
    primed = is_primed(intent, command, given, anchors)
    messages.status(given.status, anchors.authorities)
    for i, ((certified, issuance), signed) in enumerate(zip(given.credentials, given.approvals)):
        person = messages.credential(certified, anchors.authorities)
        asked = challenge(second_label(i, primed), given.command)
        issued, _, _ = proven(issuance, anchors)
        demand(issued.get(DIGEST) == sha256(certified), "E_CMD_HASH", "another credential was issued")
        check_approval(signed, person.key, asked, *site_of(person, anchors), device_bound=True)


SHOWN = 3
PROGRAM = 1


def is_primed(intent, command, given, anchors):
    """Was the second person shown the values, as the log says, where anchors and operation admit it?"""
    if RESULT not in intent:
        return False
    demand(intent[RESULT] == SHOWN, "E_LOG_PROOF", "no such kind of check")
    fine = len(given.approvals) == 2 and anchors.primed_checks and command[7] == PROGRAM
    demand(fine, "E_DUAL_REQUIRED", "only an own entry counts here")
    return True


def evidence(data, trusted):
    """Every check in turn; the first that fails refuses."""
    items = array(decode(data, MALFORMED, 131_072), 1, 9)
    demand(items[0] == "countersign/evidence/v1", "E_VERSION", "not evidence of version 1")
    _, anchored, made, bundled, attested, received, outcome, device_key, *listed = array(items, 8, 9)
    for part in (anchored, made, bundled, attested, received, device_key, *listed):
        octets(part)
    outcome, device = proof(outcome), cose_key(device_key)

    messages.anchors(anchored, trusted)
    anchors = anchor_set(anchor_messages(anchored)[0].payload)
    kind = profile(made, [anchors.maker])
    given = messages.bundle(bundled)
    command = messages.command(given.command)
    digest = sha256(given.command)
    before = messages.attestation(attested, device)
    tier = kind.tier(command, before[12])
    demand(command[5] == kind.digest == before[11], "E_PROFILE", "another profile")
    meant = kind.after(command, before[12], command[8], tier)

    _check_people(given, command, anchors, tier)
    _check_logged(given, command, digest, anchors, tier)
    _check_receipt(received, device, given, command, digest, before, meant, kind, anchors)
    _check_listed(listed, command[2], device_key, anchors)

    answer = messages.receipt(received, device)
    said, _, _ = proven(outcome, anchors)
    demand(said[1] == 3 and said[COMMAND] == digest and said[DEVICE] == command[2], "E_LOG_PROOF", "not its outcome")
    demand(said[INDEX] == given.proof.index < outcome.index, "E_LOG_PROOF", "answers another intent")
    names = said.get(DIGEST) == sha256(received) and said.get(NUMBER) == answer[8] and said[RESULT] == answer[2]
    demand(names, "E_LOG_PROOF", "names another receipt")


SAFE_MODE = 7
GRACE = 30 * 24 * 3600


def emergency_evidence(data, trusted):
    """The same questions of a use of the emergency door, in the same order."""
    items = array(decode(data, MALFORMED, 131_072), 7, 8)
    demand(items[0] == "countersign/emergency-evidence/v1", "E_VERSION", "not such evidence of version 1")
    _, anchored, made, message, received, entered, device_key, *listed = items
    for part in (anchored, made, message, received, device_key, *listed):
        octets(part)
    entered, device = proof(entered), cose_key(device_key)

    signed, by, (certified, issuance) = messages.emergency(message)
    command = messages.command(signed)
    digest = sha256(signed)
    demand(command[7] == SAFE_MODE, "E_BREAKGLASS_SCOPE", "not the safe mode")
    demand(not command[8], "E_CMD_SCHEMA", "the safe mode takes no parameters")
    messages.anchors(anchored, trusted)
    anchors = anchor_set(anchor_messages(anchored)[0].payload)
    person = messages.credential(certified, anchors.authorities + anchors.rescuers)
    check_approval(by, person.key, challenge("command", signed), *site_of(person, anchors), device_bound=True)

    issued, _, _ = proven(issuance, anchors)
    said, _, seen = proven(entered, anchors)
    code = "E_ASSERTION_CRED"
    demand(issued[1] == 8 and issued[DIGEST] == sha256(certified), code, "its issuance is not in the log")
    demand(person.marks == 0 or anchors.development, code, "marked")
    demand(person.roles & 4, "E_ROLE", "not for emergencies")
    demand(max(seen, person.not_before) <= person.not_after + GRACE, code, "not in force")

    answer = messages.receipt(received, device)
    kind = profile(made, [anchors.maker])
    meant = kind.programmable({**answer[10], **kind.safe})
    fine = (
        by.kid == person.key.kid
        and answer[7] == [by.kid]
        and 5 not in answer
        and answer[1] == command[2]
        and answer[4] == digest
        and answer[2] != 3
        and kind.programmable(answer[11]) == meant
        and (answer[2] == 2 or kind.programmable(answer[12]) == meant)
    )
    demand(fine, "E_DEVICE_IDENTITY", "the receipt is about something else")
    tells = said[1] == 23 and said[COMMAND] == digest and said[DEVICE] == command[2] and said[KIDS] == [by.kid]
    names = tells and said[DIGEST] == sha256(received) and said[NUMBER] == answer[8] and said[RESULT] == answer[2]
    demand(names, "E_LOG_PROOF", "not the entry of this emergency")
    _check_listed(listed, command[2], device_key, anchors)


def _check_people(given, command, anchors, tier):
    revoked = messages.status(given.status, anchors.authorities)
    intent, _, now = proven(given.proof, anchors)
    primed = is_primed(intent, command, given, anchors)
    people = []
    for i, ((certified, issuance), signed) in enumerate(zip(given.credentials, given.approvals)):
        code = "E_ASSERTION_CRED"
        asked = challenge(second_label(i, primed), given.command)
        person = messages.credential(certified, anchors.authorities)
        check_approval(signed, person.key, asked, *site_of(person, anchors), device_bound=tier == 2)
        issued, _, since = proven(issuance, anchors)
        demand(issued[1] == 8 and issued[DIGEST] == sha256(certified), code, "its issuance is not in the log")
        demand(person.marks == 0 or anchors.development, code, "marked")
        demand(person.roles & (1 if i == 0 else 2), "E_ROLE", "the role")
        demand(person.serial not in revoked and person.not_before <= now <= person.not_after, code, "not in force")
        demand(tier == 1 or now - since >= anchors.credential_age or person.marks & 2, code, "too new")
        demand(tier == 1 or not person.copyable, code, "can be copied")
        people.append(person)
    demand(len(people) >= tier, "E_DUAL_REQUIRED", "two people")
    if len(people) == 2:
        a, b = people
        shared = a.rp_id_hash == b.rp_id_hash and not a.marks & b.marks & 2
        demand(a.subject != b.subject and a.key.kid != b.key.kid and not shared, "E_DUAL_SAME_PERSON", "one person")


def _check_logged(given, command, digest, anchors, tier):
    intent, leaf, _ = proven(given.proof, anchors)
    kids = [signed.kid for signed in given.approvals]
    announces = intent[1] == 2 and intent[COMMAND] == digest and intent[DEVICE] == command[2]
    demand(announces and intent[KIDS] == kids and intent[TIER] >= tier, "E_LOG_PROOF", "not its intent")
    granted = messages.grant(given.grant, anchors.grant_keys)
    demand(granted[5] == leaf, "E_LOG_PROOF", "the grant names another entry")
    demand(granted[2] == digest, "E_CMD_HASH", "the grant is for other bytes")
    demand(granted[1] == command[2], "E_GRANT_DEVICE", "the grant is for another device")
    demand(granted[3] == command[3], "E_NONCE", "the grant is for another session")


def _check_receipt(received, device, given, command, digest, before, meant, kind, anchors):
    answer = messages.receipt(received, device)
    demand(before[5] == command[2], "E_GRANT_DEVICE", "attested by another device")
    demand(before[1] == command[3], "E_NONCE", "attested in another session")
    demand(before[8] + 1 == command[4], "E_COUNTER", "not the next counter")
    demand(before[7] == command[9], "E_PATIENT", "another patient")
    start = sha256(encode(kind.programmable(before[12])))
    demand(start == command[6], "E_APPROVAL_STALE", "signed for other settings")
    granted = messages.grant(given.grant, anchors.grant_keys)
    refused = answer[2] == 3
    if refused:
        meant = before[12]
    kids = [signed.kid for signed in given.approvals]
    fine = (
        answer[1] == command[2]
        and answer[4] == digest
        and answer.get(5) == granted[4]
        and answer.get(6) == granted[5]
        and (answer[7] == kids or refused and answer[7] == kids[: len(answer[7])])
        and answer[8] > before[9]
        and (answer[8] != before[9] + 1 or answer[13] == before[10])
        and answer[9] == command[4] - refused
        and kind.programmable(answer[10]) == kind.programmable(before[12])
        and kind.programmable(answer[11]) == kind.programmable(meant)
        and (answer[2] == 2 or kind.programmable(answer[12]) == kind.programmable(answer[11]))
    )
    demand(fine, "E_DEVICE_IDENTITY", "the receipt is about something else")


def _check_listed(listed, device, device_key, anchors):
    """Where the authority says whose key it is, it says this device and this key."""
    for each in listed:
        row = fleet.listing(each, anchors.authorities)
        demand(row[0] == device and row[7] == device_key, "E_NOT_ENROLLED", "another device or key is listed")
