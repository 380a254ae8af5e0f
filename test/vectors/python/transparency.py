"""The log: entries, checkpoints, cosignatures, Merkle proofs. PROTOCOL.md section 7, RFC 9162, C2SP tlog-*."""

import base64
import binascii
import re
from dataclasses import dataclass

from signatures import EDDSA, Key, sha256
from strict import Refused, array, decode, demand, encode, fields, number, octets, words

CODE = "E_LOG_PROOF"
DEVICE, COMMAND, KIDS, TIER, REASON, DIGEST, NUMBER, COMMITMENTS, DETAIL, INDEX, RESULT, LINK = range(3, 15)

NAMES = "device command kids tier code digest number commitments detail index result link".split()
KINDS = {}  # number: (fields it must have, fields it may have), from the table in section 7


def learn_kinds(paper):
    """Reads the kinds of entries from the table in PROTOCOL.md itself."""
    field = lambda cell: tuple(DEVICE + NAMES.index(name.strip()) for name in cell.split(",") if name.strip())
    for number_cell, must, may in re.findall(r"^\| \w+ +\| (\d+) +\| ([\w, ]*)\| ([\w, ]*)\|$", paper, re.MULTILINE):
        KINDS[int(number_cell)] = field(must), field(may)


def entry(data):
    value = decode(data, CODE)
    demand(isinstance(value, dict) and value.get(1) in KINDS, CODE, "no such kind of entry")
    required, optional = KINDS[value[1]]
    fields(value, (1, 2, *required), optional, CODE)
    sized = {DEVICE: 8, COMMAND: 32, DIGEST: 32}
    bounded = {2: None, TIER: 2, NUMBER: None, INDEX: None, RESULT: 3, LINK: 2}
    for key, item in value.items():
        if key in sized:
            octets(item, sized[key], CODE)
        elif key in bounded:
            number(item, *([] if bounded[key] is None else [bounded[key]]), code=CODE)
        elif key in (KIDS, COMMITMENTS):
            for each in array(item, 0, 64, CODE):
                octets(each, 16 if key == KIDS else 32, CODE)
        elif key in (REASON, DETAIL):
            demand(re.fullmatch(r"[ -~]{0,160}", words(item, 160, CODE), re.ASCII), CODE, "not printable")
    return value


@dataclass(frozen=True)
class Proof:
    entry: bytes
    index: int
    path: list
    checkpoint: str


def proof(value):
    data, index, path, checkpoint = array(value, 4, 4)
    return Proof(
        octets(data),
        number(index),
        [octets(node, 32) for node in array(path, 0, 40)],
        words(checkpoint, 8_192),
    )


def leaf_hash(data):
    return sha256(b"\0", data)


def root_from(leaf, index, size, path):
    """The root that an inclusion path leads to (RFC 9162 section 2.1.3.2), or None."""
    if index >= size:
        return None
    fn, sn, here = index, size - 1, leaf
    for node in path:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            here = sha256(b"\1", node, here)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            here = sha256(b"\1", here, node)
        fn, sn = fn >> 1, sn >> 1
    return here if sn == 0 else None


@dataclass(frozen=True)
class NoteKey:
    name: str
    id: bytes
    key: Key


def unbase64(encoded):
    try:
        data = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(CODE, "not base64") from None
    demand(base64.b64encode(data).decode() == encoded, CODE, "not the one spelling in base64")
    return data


def vkey(text, kind):
    name, digits, encoded = text.split("+", 2)
    data = unbase64(encoded)
    demand(data[0] == kind and len(data) == 33, CODE, "a key of another kind")
    key_id = sha256(name.encode(), b"\n", data)[:4]
    demand(digits == key_id.hex(), CODE, "a key that is not the one its id names")
    raw = data[1:]
    kid = sha256(encode({1: 1, 3: EDDSA, -1: 6, -2: raw}))[:16]
    return NoteKey(name, key_id, Key(EDDSA, raw, kid))


@dataclass(frozen=True)
class Checkpoint:
    size: int
    root: bytes
    times: list


def checkpoint(note, origin, log_vkeys, quorum, witness_vkeys):
    """A checkpoint of this log that at least `quorum` of the witnesses have seen."""
    demand(len(note) <= 8_192, CODE, "too long")
    demand(not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", note), CODE, "a control character")
    split = note.rfind("\n\n")
    demand(split >= 0 and note.endswith("\n"), CODE, "not a signed note")
    body, lines = note[: split + 1], note[split + 2 : -1].split("\n")
    demand(len(lines) <= 32, CODE, "too many signatures")
    signed = []
    for line in lines:
        parts = line.split(" ")
        demand(len(parts) == 3 and parts[0] == "\u2014", CODE, "not a signature line")
        data = unbase64(parts[2])
        demand(len(data) >= 5, CODE, "a signature is too short")
        signed.append((parts[1], data[:4], data[4:]))

    rows = body.split("\n")
    demand(len(rows) == 4 and rows[3] == "" and rows[0] == origin, CODE, "not a checkpoint of this log")
    demand(re.fullmatch(r"0|[1-9]\d{0,15}", rows[1], re.ASCII), CODE, "not a size")
    root = unbase64(rows[2])
    demand(len(root) == 32, CODE, "not a root")

    def by(key):
        mine = [payload for name, key_id, payload in signed if (name, key_id) == (key.name, key.id)]
        demand(len(mine) <= 1, CODE, "signed twice by one key")
        return mine[0] if mine else None

    logs = [vkey(text, 1) for text in log_vkeys]
    demand(all(log.name == origin for log in logs), CODE, "a key of another log")
    own = [(log, by(log)) for log in logs if by(log) is not None]
    demand(own, CODE, "not signed by the log")
    for log, mine in own:
        demand(len(mine) == 64 and log.key.verifies(body.encode(), mine), CODE, "the log's signature fails")
    times = {}
    for text in witness_vkeys:
        witness = vkey(text, 4)
        mine = by(witness)
        if mine is None or witness.key.raw in [log.key.raw for log in logs]:
            continue
        time = int.from_bytes(mine[:8], "big")
        covered = f"cosignature/v1\ntime {time}\n{body}".encode()
        demand(len(mine) == 72 and witness.key.verifies(covered, mine[8:]), CODE, "a witness's signature fails")
        times[witness.key.raw] = time
    demand(len(times) >= quorum, CODE, "seen by too few witnesses")
    return Checkpoint(int(rows[1]), root, sorted(times.values(), reverse=True))


def proven(given, anchors):
    """The entry, its leaf, and when the witnesses had seen it."""
    said = entry(given.entry)
    seen = checkpoint(given.checkpoint, *anchors.log, anchors.quorum, anchors.witnesses)
    leaf = leaf_hash(given.entry)
    demand(root_from(leaf, given.index, seen.size, given.path) == seen.root, CODE, "not the signed root")
    return said, leaf, seen.times[anchors.quorum - 1]
