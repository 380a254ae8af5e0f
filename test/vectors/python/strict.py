"""Deterministic CBOR as PROTOCOL.md section 2.1 has it, and strict reading of what was decoded.

Written from the paper alone, with cbor2 as a second opinion on every value: what this reader accepts, cbor2 must
decode to the same.
"""

import io

import cbor2

MAX_SAFE = 2**53 - 1
MAX_DEPTH = 8
U32 = 2**32 - 1


class Refused(Exception):
    """A message is refused; `code` is that of PROTOCOL.md section 8."""

    def __init__(self, code, why):
        super().__init__(f"{code}: {why}")
        self.code = code


def demand(fine, code, why):
    if not fine:
        raise Refused(code, why)


class _Reader:
    def __init__(self, data, code):
        self.data, self.code, self.at = data, code, 0

    def take(self, size):
        demand(size <= len(self.data) - self.at, self.code, "cut short")
        part = self.data[self.at : self.at + size]
        self.at += size
        return part

    def head(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        demand(major <= 5, self.code, "a tag, float or simple value")
        if info < 24:
            return major, info
        demand(info <= 27, self.code, "an indefinite or reserved length")
        argument = int.from_bytes(self.take(1 << (info - 24)), "big")
        smallest = (24, 2**8, 2**16, 2**32)[info - 24]
        demand(argument >= smallest, self.code, "not the shortest form")
        return major, argument

    def value(self, depth=0):
        demand(depth <= MAX_DEPTH, self.code, "nested too deeply")
        major, argument = self.head()
        if major == 0:
            demand(argument <= MAX_SAFE, self.code, "beyond the safe range")
            return argument
        if major == 1:
            demand(argument < MAX_SAFE, self.code, "beyond the safe range")
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            try:
                return self.take(argument).decode("utf-8")
            except UnicodeDecodeError:
                raise Refused(self.code, "text that is not UTF-8") from None
        if major == 4:
            return [self.value(depth + 1) for _ in range(self.bounded(argument))]
        return self.map(argument, depth)

    def map(self, size, depth):
        found, last = {}, None
        for _ in range(self.bounded(size)):
            start = self.at
            key = self.value(depth + 1)
            demand(type(key) is int, self.code, "a key that is not an integer")
            spelled = self.data[start : self.at]
            demand(last is None or last < spelled, self.code, "keys out of order or twice")
            last = spelled
            found[key] = self.value(depth + 1)
        return found

    def bounded(self, size):
        demand(size <= len(self.data) - self.at, self.code, "a length beyond the end")
        return size


def decode(data, code="E_CMD_MALFORMED", most=65_535):
    """The one value that these bytes spell."""
    demand(len(data) <= most, code, f"longer than {most} bytes")
    reader = _Reader(bytes(data), code)
    value = reader.value()
    demand(reader.at == len(data), code, "bytes after the value")
    other = cbor2.CBORDecoder(io.BytesIO(data)).decode()
    if other != value:
        raise AssertionError(f"cbor2 reads {other!r} where this reader reads {value!r}")
    return value


def encode(value):
    """The one spelling of a value. cbor2 sorts map keys by an older rule, so it is given them in order, one by one."""
    if isinstance(value, dict):
        head = _head(5, len(value))
        pairs = sorted((encode(key), encode(item)) for key, item in value.items())
        return head + b"".join(key + item for key, item in pairs)
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)
    return cbor2.dumps(value)


def _head(major, size):
    whole = bytearray(cbor2.dumps(size))
    whole[0] |= major << 5
    return bytes(whole)


# What a decoded value has to be.


def array(value, least, most, code="E_CMD_MALFORMED"):
    demand(isinstance(value, list) and least <= len(value) <= most, code, f"an array of {least} to {most}")
    return value


def octets(value, size=None, code="E_CMD_MALFORMED", least=0, most=None):
    demand(isinstance(value, bytes), code, "bytes")
    demand(size is None or len(value) == size, code, f"{size} bytes")
    demand(len(value) >= least and (most is None or len(value) <= most), code, f"{least} to {most} bytes")
    return value


def number(value, most=MAX_SAFE, code="E_CMD_MALFORMED"):
    demand(type(value) is int and 0 <= value <= most, code, "an unsigned integer")
    return value


def signed32(value, code="E_CMD_MALFORMED"):
    demand(type(value) is int and -(2**31) <= value < 2**31, code, "a 32-bit integer")
    return value


def words(value, most, code="E_CMD_MALFORMED"):
    # Counted in UTF-16 units, as the paper's implementation language does.
    demand(isinstance(value, str) and len(value.encode("utf-16-le")) // 2 <= most, code, "text")
    return value


def fields(value, required, optional=(), code="E_CMD_MALFORMED"):
    demand(isinstance(value, dict), code, "a map")
    demand(all(key in value for key in required), code, "a field is missing")
    demand(all(key in required or key in optional for key in value), code, "a field that does not belong")
    return value


def settings(value, code="E_CMD_MALFORMED"):
    demand(isinstance(value, dict) and len(value) <= 64, code, "settings")
    for key, item in value.items():
        number(key, U32, code)
        signed32(item, code)
    return value
