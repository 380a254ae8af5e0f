"""Who may connect, and the authority's word on one device of them: PROTOCOL.md section 3.4."""

from messages import MALFORMED, name, signed_fields
from signatures import cose_key, sha256, sign1
from strict import U32, Refused, array, decode, demand, encode, number, octets
from transparency import leaf_hash, root_from

CODE = "E_NOT_ENROLLED"


def plain(text):
    try:
        name(text, 80)
    except Refused as refused:
        raise Refused(CODE if isinstance(text, str) else MALFORMED, "a name that does not print") from refused


def certificates(value):
    return [octets(one, 32, CODE) for one in array(value, 0, 8, CODE)]


def device(row):
    """One row: its id, and the certificates that it shows."""
    id_, serial, called, site, transport, posture, profile, key, shown = array(row, 9, 9, CODE)
    octets(id_, 8, CODE)
    for each in (serial, called, site):
        plain(each)
    demand(type(transport) is int and transport in (1, 2), CODE, "websocket or nfc")
    number(posture, 1, CODE), octets(profile, 32, CODE)
    cose_key(octets(key, code=CODE))
    return id_, certificates(shown)


def tree(leaves):
    """RFC 9162 section 2.1.1."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"")
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\1", tree(leaves[:split]), tree(leaves[split:]))


def fleet_root(data, authorities):
    said, _ = signed_fields(data, "fleet-root", authorities, CODE, 512, range(1, 6))
    demand(number(said[1], code=CODE) == 1, "E_VERSION", "another format")
    number(said[2], U32, CODE), number(said[3], code=CODE), number(said[4], 2**14, CODE), octets(said[5], 32, CODE)
    return said


def fleet(data, authorities):
    said, _ = signed_fields(data, "fleet", authorities, CODE, 8 * 2**20, range(1, 6), (6,))
    demand(number(said[1], code=CODE) == 1, "E_VERSION", "another format")
    number(said[2], U32, CODE), number(said[3], code=CODE)
    rows = array(said[4], 0, 16_000, CODE)
    devices = [device(row) for row in rows]
    labels, shown = [], [one for _, each in devices for one in each]
    for row in array(said[5], 0, 1_000, CODE):
        label, each = array(row, 2, 2, CODE)
        plain(label), labels.append(label), shown.extend(certificates(each))
    rising = lambda found: all(a < b for a, b in zip(found, found[1:]))
    demand(rising([id_ for id_, _ in devices]) and rising(labels), CODE, "out of order")
    demand(len(set(shown)) == len(shown), CODE, "one certificate twice")
    if 6 in said:
        issuer = [key for key in authorities if key.kid == sign1(data, CODE, 8 * 2**20).kid]
        root = fleet_root(octets(said[6], code=CODE), issuer)
        ours = [said[2], said[3], len(rows), tree([leaf_hash(encode(row)) for row in rows])]
        demand([root[each] for each in (2, 3, 4, 5)] == ours, CODE, "the root of another list")


def listing(data, authorities):
    root, row, index, path = array(decode(data, CODE, 4_096), 4, 4, CODE)
    octets(root, code=CODE), octets(row, code=CODE), number(index, 2**14, CODE)
    nodes = [octets(node, 32, CODE) for node in array(path, 0, 14, CODE)]
    said = fleet_root(root, authorities)
    demand(root_from(leaf_hash(row), index, said[4], nodes) == said[5], CODE, "not on the list")
    found = decode(row, CODE, 2_048)
    device(found)
    return found
