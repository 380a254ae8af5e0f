"""What devices measure, screens show and testers sign: PROTOCOL.md sections 3.10, 3.11 and 6."""

import re

from messages import MALFORMED, REFUSAL_NUMBERS, name, signed_fields
from signatures import cose_key, sha256
from strict import U32, Refused, array, decode, demand, number, octets, signed32, words

# Filled from the list of codes and units that PROTOCOL.md section 3.10 names.
UNIT_OF = {}
UNITS = set()
MOST_MS_AHEAD, MOST_MS_OLD = 10_000, 72 * 3_600_000


def learn_units(listed):
    for code, unit in re.findall(r"term\(([0-9_xa-f]+), '[^']+', '[^']+', '([^']+)'", listed):
        UNIT_OF[int(code.replace("_", ""), 0)] = unit
    block = listed[listed.index("UNITS: readonly string[] = [") :]
    UNITS.update(re.findall(r"'([^']+)'", block[: block.index("];")]))


def samples(data, count):
    """Exactly `count` samples, packed as section 3.10 says."""
    demand(len(data) > 0, MALFORMED, "no packing")
    order, k = data[0] >> 5, data[0] & 15
    demand(order <= 2 and not data[0] & 0x10, MALFORMED, "no such packing")
    bits = "".join(f"{byte:08b}" for byte in data[1:])
    at, found = 0, []

    def take(width):
        nonlocal at
        demand(at + width <= len(bits), MALFORMED, "fewer samples than announced")
        at += width
        return int(bits[at - width : at] or "0", 2)

    for i in range(count):
        ones = 0
        while ones < 20 and take(1) == 1:
            ones += 1
        u = (ones << k) + take(k) if ones < 20 else take(19)
        one, two = (found[i - 1] if i > 0 else 0), (found[i - 2] if i > 1 else 0)
        guess = 0 if order == 0 or i == 0 else one if order == 1 or i == 1 else 2 * one - two
        found.append(guess + (u // 2 if u % 2 == 0 else -(u + 1) // 2))
        demand(-(2**15) <= found[-1] < 2**15, MALFORMED, "a sample of more than 16 bits")
    demand(len(bits) - at < 8 and "1" not in bits[at:], MALFORMED, "not filled with zeros")
    return found


def metric(value):
    handle, code, unit, scale, period, low, high, called = array(value, 8, 8)
    number(handle, 0xFFFF), number(code, U32), words(unit, 20), number(scale, 6), number(period, 1_000_000)
    signed32(low), signed32(high), words(called, 40)
    demand(handle > 0 and low <= high and called != "", MALFORMED, "a metric that contradicts itself")
    demand(unit in UNITS and unit == UNIT_OF.get(code, unit), "E_CMD_SCHEMA", "a unit that is not that of the code")
    return handle, period > 0


def content(value):
    """Kind, and the handles it defines or uses."""
    kind, *rest = array(value, 2, 6)
    if kind == 1:
        simulated, metrics = array(rest, 2, 2)
        number(simulated, 1)
        found = [metric(each) for each in array(metrics, 1, 64)]
        demand(len({handle for handle, _ in found}) == len(found), MALFORMED, "a handle twice")
        return kind, dict(found)
    if kind == 2:
        (rows,) = array(rest, 1, 1)
        for handle, shown, quality in (array(row, 3, 3) for row in array(rows, 1, 64)):
            number(handle, 0xFFFF), signed32(shown), number(quality, 4)
        return kind, [row[0] for row in rows]
    if kind == 3:
        handle, offset, count, quality, data = array(rest, 5, 5)
        number(handle, 0xFFFF), number(offset, 60_000), number(count, 2000), number(quality, 4)
        samples(octets(data), count)
        return kind, [handle]
    if kind == 4:
        until, alarms = array(rest, 2, 2)
        number(until)
        for id_, priority, what, presence, since, about, says in (array(each, 7, 7) for each in array(alarms, 0, 32)):
            number(id_, 0xFFFF), number(priority, 2), number(what, 1), number(presence, 2)
            number(since), number(about, 0xFFFF), words(says, 60)
        return kind, []
    demand(kind == 5, MALFORMED, "no such content")
    (events,) = array(rest, 1, 1)
    for at, code, says in (array(each, 3, 3) for each in array(events, 1, 32)):
        number(at), number(code, U32), words(says, 80)
    return kind, []


def from_device(data):
    items = array(decode(data, MALFORMED, 16_384), 2, 7)
    kind = items[0]
    demand(kind in (201, 202, 203), "E_ROUTE", "no such telemetry")
    _, *rest = array(items, *{201: (7, 7), 202: (2, 2), 203: (4, 4)}[kind])
    if kind == 202:
        octets(rest[0])
        return kind, rest
    octets(rest[0], 8), number(rest[1], U32)
    if kind == 203:
        demand(0 < rest[1] < number(rest[2], U32), MALFORMED, "nothing is lost")
        return kind, rest
    octets(rest[2], 32), number(rest[3]), number(rest[4])
    contents = [content(each) for each in array(rest[5], 0, 64)]
    demand(rest[1] > 0, MALFORMED, "frames count from 1")
    return kind, rest[:5] + [contents]


def to_device(data):
    items = array(decode(data, MALFORMED, 256), 3, 5)
    demand(items[0] in (211, 212), MALFORMED, "no such answer")
    _, session, until, *refusal = array(items, *((3, 3) if items[0] == 211 else (5, 5)))
    octets(session, 8), number(until, U32)
    if refusal:
        demand(number(refusal[0], 0xFFFF) in REFUSAL_NUMBERS, MALFORMED, "no such refusal")
        words(refusal[1], 120)


def chain_head(data, key):
    said, _ = signed_fields(data, "telemetry", [key], "E_DEVICE_IDENTITY", 512, range(1, 6), inside=MALFORMED)
    octets(said[1], 8), octets(said[2], 8), number(said[3], U32), octets(said[4], 32), number(said[5])
    return said


def session(data, device, key):
    """What one device said, in order, as a gateway takes it; each fault is that of section 6."""
    off = lambda fine, why: demand(fine, "E_TELEMETRY", why)
    clock, messages = array(decode(data), 2, 2)
    taken, last, link, up, known, current = {}, 0, bytes(32), 0, {}, None
    for message in array(messages, 1, 64):
        kind, rest = from_device(octets(message))
        if kind == 202:
            said = chain_head(rest[0], key)
            demand(said[1] == device, "E_DEVICE_IDENTITY", "signed for another device")
            off(said[2] == current, "another session")
            off(taken.get(said[3]) == said[4], "signed is another frame than came")
            continue
        if rest[0] != current:
            taken, last, link, up, known, current = {}, 0, bytes(32), 0, {}, rest[0]
        if kind == 203:
            _, first, after = rest
            if after > last + 1:
                off(first <= last + 1, "a gap")
                last, link = after - 1, None
            continue
        _, count, previous, at, running, contents = rest
        if count <= last:
            off(taken.get(count) == sha256(message), "another frame under a number already used")
            continue
        off(count == last + 1, "a gap")
        off(link is None or previous == link, "not chained")
        off(running >= up, "running time that goes back")
        demand(clock - MOST_MS_OLD <= at <= clock + MOST_MS_AHEAD, "E_CLOCK", "a time that cannot be")
        metrics = known
        for what, handles in contents:
            if what == 1:
                metrics = handles
            elif what in (2, 3):
                off(all(metrics.get(handle) is (what == 3) for handle in handles), "a handle that was not described")
        known, last, up, link = metrics, count, running, sha256(message)
        taken[count] = link


def monitor(data):
    call, kind, *rest = array(decode(data, MALFORMED, 24_576), 2, 8)
    demand(number(kind, 255) == 8, "E_ROUTE", "no such call")
    number(call, U32)
    devices, waves = array(rest, 2, 2)
    for each in array(devices, 0, 64):
        octets(each, 8)
    number(waves, 1)


def live(data):
    call, kind, *rest = array(decode(data, MALFORMED, 24_576), 2, 8)
    number(call, U32)
    demand(kind == 12, MALFORMED, "not about live values")
    (said,) = array(rest, 1, 1)
    what, *rest = array(said, 2, 11)
    demand(what in (1, 2, 3), MALFORMED, "no such live message")
    array(rest, *[{1: 10, 2: 5, 3: 1}[what]] * 2)
    if what == 3:
        return number(rest[0])
    octets(rest[0], 8), number(rest[1])
    if what == 2:
        number(rest[2]), number(rest[3], 1)
        return [content(each) for each in array(rest[4], 0, 64)]
    number(rest[2], 1), number(rest[3], 3), number(rest[4], 1), number(rest[5])
    described = [content(each) for each in array(rest[6], 0, 1)]
    demand(all(kind == 1 for kind, _ in described), MALFORMED, "not a description")
    for handle, shown, quality, at in (array(each, 4, 4) for each in array(rest[7], 0, 64)):
        demand(type(shown) is int, MALFORMED, "an integer")
        number(handle, 0xFFFF), number(quality, 4), number(at)
    demand(content(rest[8])[0] == 4, MALFORMED, "not the alarms")
    for code, priority, since, says in (array(each, 4, 4) for each in array(rest[9], 0, 16)):
        words(code, 40), number(priority, 2), number(since), words(says, 80)


def event(data):
    call, kind, *rest = array(decode(data, MALFORMED, 24_576), 2, 8)
    number(call, U32)
    demand(kind == 10, MALFORMED, "not an event")
    what, device = array(rest, 2, 2)
    words(what, 40), octets(device, 8)


def tested(data, tester):
    said, _ = signed_fields(data, "conformance", [tester], MALFORMED, 4096, range(1, 11), (11,))
    demand(number(said[1]) == 1, "E_VERSION", "another version")
    demand(number(said.get(11, 1)) == 1, MALFORMED, "no such subject")
    words(said[2], 40), number(said[3]), octets(said[4], 8), octets(said[5], 16), octets(said[6], 32)
    octets(said[7]), octets(said[8], 32), number(said[9], 2)
    for count in array(said[10], 5, 5):
        number(count)
