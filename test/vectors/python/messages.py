"""The messages of PROTOCOL.md section 3 and 6, read strictly."""

import unicodedata
from dataclasses import dataclass

from signatures import approval, cose_key, opened, sign1
from strict import U32, array, decode, demand, fields, number, octets, settings, words
from transparency import proof

MALFORMED = "E_CMD_MALFORMED"
REFUSAL_NUMBERS = set()  # filled from the table in PROTOCOL.md


@dataclass(frozen=True)
class Anchors:
    authorities: list
    rescuers: list
    recovery: object
    maker: object
    sites: list
    grant_keys: list
    log: tuple
    quorum: int
    witnesses: list
    version: int
    development: bool
    credential_age: int
    primed_checks: bool


def anchor_messages(data):
    pair = array(decode(data, "E_ANCHORS", 32_800), 2, 2, "E_ANCHORS")
    return [sign1(octets(each, code="E_ANCHORS"), "E_ANCHORS", 16_384) for each in pair]


def anchor_set(payload):
    code = "E_ANCHORS"
    said = fields(decode(payload, code, 16_384), range(1, 14), (14,), code)
    demand(number(said[1], code=code) == 1, "E_VERSION", "another format")
    demand(said.get(14, 1) == 1, code, "1, or nothing")
    keys = lambda value: [cose_key(octets(each)) for each in array(value, 0, 16, code)]
    origin, *log_keys = array(said[10], 2, 3, code)
    log_keys = [words(each, 200) for each in log_keys]
    demand(len(set(log_keys)) == len(log_keys), code, "one log key twice")
    quorum, vkeys = array(said[11], 2, 2, code)
    vkeys = [words(each, 200) for each in array(vkeys, 1, 16, code)]
    demand(type(quorum) is int and 1 <= quorum <= len(vkeys), code, "a quorum")
    number(said[12], 255, code)
    return Anchors(
        authorities=keys(said[4]),
        rescuers=keys(said[5]),
        recovery=cose_key(octets(said[6])),
        maker=cose_key(octets(said[7])),
        sites=[tuple(words(each, 200) for each in array(site, 2, 2, code)) for site in array(said[8], 0, 16, code)],
        grant_keys=keys(said[9]),
        log=(words(origin, 200), log_keys),
        quorum=quorum,
        witnesses=vkeys,
        version=number(said[2], U32, code),
        development=number(said[3], 1, code) == 1,
        credential_age=number(said[13], code=code),
        primed_checks=14 in said,
    )


def anchors(data, trusted):
    """Anchors that an authority and the recovery key of `trusted` signed."""
    code = "E_ANCHORS"
    first, second = anchor_messages(data)
    payload = opened(first, "anchors", trusted.authorities, code)
    again = opened(second, "anchors", [trusted.recovery], code)
    demand(payload == again, code, "the two keys signed different sets")
    return anchor_set(payload)


def signed_fields(data, kind, keys, code, most, names, optional=(), inside=None):
    """The fields of a COSE_Sign1 that one of `keys` signed as `kind`."""
    payload = opened(sign1(data, code, most), kind, keys, code)
    inside = inside or code
    return fields(decode(payload, inside, most), names, optional, inside), payload


def command(data):
    said = fields(decode(data, MALFORMED, 1024), range(1, 10), (10,))
    demand(number(said[1]) == 1, "E_VERSION", "another version")
    for key, size in ((2, 8), (3, 16), (5, 32), (6, 32), (9, 32)):
        octets(said[key], size)
    number(said[4], U32)
    number(said[7], 0xFFFF)
    settings(said[8])
    if 10 in said:
        octets(said[10], 32)
    return said


def association(data):
    salt, tag = array(decode(data, MALFORMED, 128), 2, 2)
    octets(salt, 16), octets(tag, 32)


@dataclass(frozen=True)
class Credential:
    subject: bytes
    roles: int
    key: object
    rp_id_hash: bytes
    copyable: bool
    not_before: int
    not_after: int
    serial: int
    marks: int


def credential(data, issuers):
    code = "E_ASSERTION_CRED"
    said, _ = signed_fields(data, "credential", issuers, code, 512, range(1, 11))
    demand(number(said[1], code=code) == 1, "E_VERSION", "another version")
    return Credential(
        octets(said[2], code=code, least=1, most=32),
        number(said[3], 0xFFFF, code),
        cose_key(octets(said[4], code=code)),
        octets(said[5], 32, code),
        number(said[6], 1, code) == 1,
        number(said[7], code=code),
        number(said[8], code=code),
        number(said[9], U32, code),
        number(said[10], 3, code),
    )


def status(data, issuers):
    code = "E_STATUS"
    said, _ = signed_fields(data, "status", issuers, code, 8192, (1, 2, 3))
    serials = [number(each, U32, code) for each in array(said[3], 0, 1500, code)]
    demand(all(a < b for a, b in zip(serials, serials[1:])), code, "serials out of order")
    number(said[1], U32, code), number(said[2], code=code)
    return serials


def grant(data, keys):
    code = "E_GRANT"
    said, _ = signed_fields(data, "grant", keys, code, 512, range(1, 8))
    for key, size in ((1, 8), (2, 32), (3, 16), (4, 16), (5, 32)):
        octets(said[key], size, code)
    number(said[6], U32, code), number(said[7], code=code)
    return said


def attestation(data, device):
    said, _ = signed_fields(data, "attestation", [device], "E_DEVICE_IDENTITY", 2048, range(1, 18), inside=MALFORMED)
    for key, size in ((1, 16), (2, 16), (5, 8), (6, 16), (7, 32), (10, 32), (11, 32), (13, 32), (16, 32)):
        octets(said[key], size)
    for key in (3, 4, 8, 9, 14, 15):
        number(said[key], U32)
    settings(said[12])
    number(said[17], 2)
    return said


def presence(data, device):
    said, _ = signed_fields(data, "presence", [device], "E_DEVICE_IDENTITY", 512, range(1, 7), inside=MALFORMED)
    for key, size in ((1, 16), (2, 8), (3, 32), (6, 32)):
        octets(said[key], size)
    number(said[4], 2), number(said[5], U32)


def receipt(data, device):
    names = (1, 2, 4, 7, 8, 9, 10, 11, 12, 13, 14)
    said, _ = signed_fields(data, "receipt", [device], "E_DEVICE_IDENTITY", 2048, names, (3, 5, 6), MALFORMED)
    demand(number(said[2]) in (1, 2, 3), MALFORMED, "no such result")
    demand((3 in said) == (said[2] == 3), MALFORMED, "a refusal has a number, and only a refusal")
    if 3 in said:
        demand(number(said[3]) in REFUSAL_NUMBERS, MALFORMED, "no such refusal")
    for key, size in ((1, 8), (4, 32), (5, 16), (6, 32), (13, 32)):
        if key in said:
            octets(said[key], size)
    for kid in array(said[7], 0, 2):
        octets(kid, 16)
    for key in (8, 9, 14):
        number(said[key], U32)
    for key in (10, 11, 12):
        settings(said[key])
    return said


def absence(data, device):
    said, _ = signed_fields(data, "absence", [device], "E_DEVICE_IDENTITY", 512, range(1, 7), inside=MALFORMED)
    octets(said[1], 8), octets(said[2], 32), number(said[3], 1)
    for key in (4, 5, 6):
        number(said[key], U32)


@dataclass(frozen=True)
class Bundle:
    command: bytes
    approvals: list
    credentials: list
    status: bytes
    grant: bytes
    proof: object


def proven(value):
    certified, issuance = array(value, 2, 2)
    return octets(certified), proof(issuance)


def bundle(data):
    items = array(decode(data, MALFORMED, 16_384), 1, 7)
    demand(items[0] == 1, "E_VERSION", "not a bundle of version 1")
    _, signed, approvals, credentials, listed, granted, intent = array(items, 7, 7)
    people = [approval(each) for each in array(approvals, 1, 2)]
    certified = [proven(each) for each in array(credentials, 1, 2)]
    demand(len(people) == len(certified), MALFORMED, "one credential for each approval")
    return Bundle(octets(signed), people, certified, octets(listed), octets(granted), proof(intent))


def emergency(data):
    version, signed, by, certified = array(decode(data, MALFORMED, 16_384), 4, 4)
    demand(version == 2, "E_VERSION", "not an emergency")
    return octets(signed), approval(by), proven(certified)


def statement(data):
    said = fields(decode(data, MALFORMED, 2048), range(1, 6))
    demand(number(said[1]) == 1, "E_VERSION", "another version")
    demand(1 <= number(said[2]) <= 13, MALFORMED, "no such purpose")
    number(said[3]), octets(said[4], 16)
    demand(isinstance(said[5], dict), MALFORMED, "a detail")


def signed_statement(data):
    said, by = array(decode(data, MALFORMED, 4096), 2, 2)
    octets(said), approval(by)


def request(data):
    items = array(decode(data, MALFORMED, 24_576), 1, 3)
    kind, rest = items[0], items[1:]
    demand(type(kind) is int and 1 <= kind <= 8, "E_ROUTE", "no such request")
    least, most = {1: (0, 0), 2: (1, 2), 7: (0, 0), 8: (0, 0)}.get(kind, (1, 1))
    array(rest, least, most)
    for item in rest:
        number(item, U32) if kind == 5 else octets(item, 32 if kind == 4 else None)


def answer(data):
    items = array(decode(data, MALFORMED, 24_576), 1, 3)
    kind, rest = items[0], items[1:]
    demand(type(kind) is int and 101 <= kind <= 108, MALFORMED, "no such answer")
    array(rest, *{103: (2, 2), 106: (0, 0), 108: (2, 2)}.get(kind, (1, 1)))
    if kind == 103:
        demand(number(rest[0], 0xFFFF) in REFUSAL_NUMBERS, MALFORMED, "no such refusal")
        words(rest[1], 120)
    elif kind == 105:
        for each in array(rest[0], 0, 16):
            octets(each)
    else:
        for each in rest:
            octets(each)


FAILURES = "card-removed no-answer reader-failed reader-lost not-this-card busy bad-length".split()
TROUBLES = "no-reader no-service service-lost in-use not-installed hung card-unreadable".split()


def printable(text):
    """Letters, marks, digits, punctuation, symbols and plain spaces: no trick with direction, nothing invisible."""
    return text != "" and all(char == " " or unicodedata.category(char)[0] in "LMNPS" for char in text)


def name(value, most):
    demand(printable(words(value, most)), MALFORMED, "a name that does not print")


def from_station(data):
    kind, *rest = array(decode(data, MALFORMED, 65_600), 2, 4)
    demand(type(kind) is int and 1 <= kind <= 8, MALFORMED, "no such message")
    array(rest, *[{1: 2, 2: 3, 4: 2, 5: 2, 8: 2}.get(kind, 1)] * 2)
    if kind == 1:
        name(rest[0], 64)
        for reader in array(rest[1], 0, 16):
            name(reader, 128)
    elif kind == 7:
        octets(rest[0], least=1, most=16_384)
    elif kind == 6:
        demand(rest[0] in TROUBLES, MALFORMED, "no such reason")
    else:
        number(rest[0], U32)
    if kind == 2:
        number(rest[1], 15), octets(rest[2], least=2, most=33)
    if kind == 4:
        octets(rest[1], least=2)
    if kind == 5:
        demand(rest[1] in FAILURES, MALFORMED, "no such reason")
    if kind == 8:
        demand(rest[1] in ("shown", "unable", "no-reader"), MALFORMED, "no such answer of a reader")


def to_station(data):
    kind, *rest = array(decode(data, MALFORMED, 65_600), 2, 4)
    demand(type(kind) is int and 10 <= kind <= 14, MALFORMED, "no such message")
    array(rest, *[{10: 3, 12: 2}.get(kind, 1)] * 2)
    if kind == 10:
        number(rest[0], U32), number(rest[1], U32), octets(rest[2], least=4)
    elif kind == 12:
        octets(rest[0]), proof(rest[1])
    elif kind == 14:
        number(rest[0], U32)
    else:
        octets(rest[0], 32 if kind == 11 else None)

