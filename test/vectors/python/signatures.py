"""Keys, COSE_Sign1 and passkey approvals: PROTOCOL.md sections 2.2 and 2.3."""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils

from strict import Refused, array, decode, demand, encode, fields, octets

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
ES256, EDDSA = -7, -8


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


@dataclass(frozen=True)
class Key:
    alg: int
    raw: bytes
    kid: bytes

    def verifies(self, message, signature):
        try:
            if self.alg == EDDSA:
                ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
                return True
            r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
            if len(signature) != 64 or not 0 < s <= ORDER // 2:
                return False
            point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b"\x04" + self.raw)
            point.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
            return True
        except (InvalidSignature, ValueError):
            return False


def cose_key(data, code="E_ASSERTION_CRED"):
    key = fields(decode(data, code, 128), (1, 3, -1, -2), (-3,), code)
    kind = (key[1], key[3], key[-1])
    if kind == (2, ES256, 1):
        raw = octets(key[-2], 32, code) + octets(key.get(-3), 32, code)
    else:
        demand(kind == (1, EDDSA, 6) and -3 not in key, code, "a kind of key that is not accepted")
        raw = octets(key[-2], 32, code)
    return Key(key[3], raw, sha256(bytes(data))[:16])


@dataclass(frozen=True)
class Sign1:
    alg: int
    kid: bytes
    protected: bytes
    payload: bytes
    signature: bytes


def sign1(data, code, most):
    """A COSE_Sign1 of the one shape there is, not yet believed."""
    protected, unprotected, payload, signature = array(decode(data, code, most), 4, 4, code)
    fields(unprotected, (), (), code)
    header = fields(decode(octets(protected, code=code), code, 64), (1, 4), (), code)
    demand(type(header[1]) is int, code, "an algorithm")
    return Sign1(header[1], octets(header[4], 16, code), protected, octets(payload, code=code), octets(signature, 64, code))


def opened(message, kind, keys, code):
    """The payload, once one of `keys` is shown to have signed it as this kind."""
    key = next((key for key in keys if key.kid == message.kid and key.alg == message.alg), None)
    demand(key is not None, code, "signed by a key that is not trusted")
    covered = encode(["Signature1", message.protected, f"countersign/{kind}/v1".encode(), message.payload])
    demand(key.verifies(covered, message.signature), code, "does not verify")
    return message.payload


def der_signature(der, code="E_ASSERTION"):
    """r and s of a minimal DER signature, as r || s with the lower s."""

    def integer(at):
        demand(at + 2 <= len(der) and der[at] == 2, code, "not DER")
        size = der[at + 1]
        body = der[at + 2 : at + 2 + size]
        demand(0 < size <= 33 and len(body) == size and body[0] < 0x80, code, "not a positive integer")
        demand(not (size > 1 and body[0] == 0 and body[1] < 0x80), code, "not minimal")
        return int.from_bytes(body, "big"), at + 2 + size

    demand(2 < len(der) <= 72 and der[0] == 0x30 and der[1] == len(der) - 2, code, "not DER")
    r, after = integer(2)
    s, end = integer(after)
    demand(end == len(der) and 0 < r < ORDER and 0 < s < ORDER, code, "out of range")
    return r.to_bytes(32, "big") + min(s, ORDER - s).to_bytes(32, "big")


@dataclass(frozen=True)
class Approval:
    kid: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


def approval(value):
    kid, authenticator, client, signature = array(value, 4, 4)
    octets(client, least=90, most=512)
    return Approval(octets(kid, 16), octets(authenticator, 37), client, octets(signature, 64))


def second_label(place, primed):
    """What a signer at this place signs: whoever was shown the values signs that."""
    return "primed" if place == 1 and primed else "command"


def challenge(label, data):
    return sha256(f"countersign/{label}/v1".encode(), b"\0", data)


def check_approval(given, key, asked, origin, rp_id, device_bound, code="E_ASSERTION"):
    spelled = base64.urlsafe_b64encode(asked).decode().rstrip("=")
    start = f'{{"type":"webauthn.get","challenge":"{spelled}","origin":"{origin}","crossOrigin":false'.encode()
    demand(given.client_data.startswith(start), code, "another challenge, page or type")
    demand(given.client_data[len(start) : len(start) + 1] in (b"}", b","), code, "something else follows")
    demand(given.authenticator_data[:32] == sha256(rp_id.encode()), code, "another rpId")
    flags = given.authenticator_data[32]
    up, uv, be, bs, at, ed = (flags & bit for bit in (0x01, 0x04, 0x08, 0x10, 0x40, 0x80))
    demand(up and uv and not at and not ed, code, "flags")
    demand(be or not bs, code, "backed up, but not eligible for it")
    demand(not device_bound or not (be or bs), code, "can be copied")
    demand(given.kid == key.kid, code, "another passkey")
    covered = given.authenticator_data + sha256(given.client_data)
    demand(key.verifies(covered, given.signature), code, "does not verify")

