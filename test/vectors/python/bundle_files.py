"""The files of an evidence bundle: PROTOCOL.md section 5."""

from messages import MALFORMED
from signatures import sha256
from strict import array, decode, demand, number, octets
from transparency import leaf_hash

UNPROVEN = "E_LOG_PROOF"
LARGEST_TREE = 2**40


def entries(data, root):
    """One proof for all entries: hashes of the largest subtrees without any of them, from left to right."""
    size, pairs, hashes = array(decode(data, most=64 * 2**20), 3, 3)
    number(size, LARGEST_TREE)
    pairs = [array(pair, 2, 2) for pair in array(pairs, 1, 200_000)]
    indexes = [number(index, LARGEST_TREE) for index, _ in pairs]
    leaves = [octets(entry) for _, entry in pairs]
    given = [octets(each, 32) for each in array(hashes, 0, 80 * 200_000)]
    rising = all(a < b for a, b in zip(indexes, indexes[1:]))
    demand(size > 0 and rising and indexes[-1] < size, UNPROVEN, "indexes")
    left = list(zip(indexes, leaves))

    def walk(start, width):
        if not left or left[0][0] >= start + width:
            demand(given, UNPROVEN, "a hash is missing")
            return given.pop(0)
        if width == 1:
            return leaf_hash(left.pop(0)[1])
        half = 1 << ((width - 1).bit_length() - 1)
        return sha256(b"\x01", walk(start, half), walk(start + half, width - half))

    found = walk(0, size)
    demand(found == root and not given, UNPROVEN, "another root")


def openings(data, commitments):
    found = []
    for item in array(decode(data), 0, 64):
        if isinstance(item, bytes):
            found.append(octets(item, 32))
            continue
        salt, value = array(item, 2, 2)
        found.append(sha256(octets(salt, 16), octets(value)))
    demand(found == commitments, UNPROVEN, "not what was committed to")


def consistency(data):
    for pair in array(decode(data, MALFORMED, 65_536), 0, 16):
        size, path = array(pair, 2, 2)
        number(size, LARGEST_TREE)
        for each in array(path, 0, 41):
            octets(each, 32)
