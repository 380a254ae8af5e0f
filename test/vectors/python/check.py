#!/usr/bin/env python3
"""Reads the vectors with an implementation of its own and says where it judges otherwise.

    python3 test/vectors/python/check.py [FOLDER]

Needs Debian's python3-cbor2 and python3-cryptography. Exit code 0 when every vector is judged as it says, 1 when one
is not, 2 when it could not be tried.
"""

import json
import re
import sys
from pathlib import Path

try:
    import bundle_files
    import evidence
    import fleet
    import messages
    import profiles
    import telemetry
    from signatures import approval, challenge, check_approval, cose_key, der_signature
    from strict import Refused, decode
    from transparency import checkpoint, entry, learn_kinds, proof, proven
except ImportError as missing:
    sys.exit(print(f"cannot check the vectors: {missing}", file=sys.stderr) or 2)

HERE = Path(__file__).resolve().parent
PAPER = HERE.parents[2] / "server" / "protocol" / "PROTOCOL.md"
UNITS = PAPER.parent / "telemetry" / "nomenclature.ts"  # the list of units that section 3.10 names
PROTOCOL = 1


def judges_of(world):
    """How each message is judged, from what world.json says besides the vectors."""
    read = lambda name: bytes.fromhex(world[name])
    anchors = messages.anchor_set(messages.anchor_messages(read("anchors"))[0].payload)
    device, signer, tester = (cose_key(read(each)) for each in ("deviceKey", "signerKey", "testerKey"))
    now = {code: value for code, value in world["settings"]}

    def next_anchors(data):
        found = messages.anchors(data, anchors)
        if found.version != anchors.version + 1:
            raise Refused("E_ANCHORS", "not the next version")

    def changes(data):
        kind = profiles.profile(read("profile"), [anchors.maker])
        command = messages.command(data)
        kind.after(command, now, now, kind.tier(command, now))

    def approved(data):
        asked = challenge("command", read("command"))
        given = approval(decode(data, most=1024))
        check_approval(given, signer, asked, world["origin"], world["rpId"], device_bound=True)

    def note(data):
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("E_LOG_PROOF", "not text") from None
        checkpoint(text, *anchors.log, anchors.quorum, anchors.witnesses)

    return {
        "cbor": decode,
        "cose-key": cose_key,
        "der-signature": der_signature,
        "approval": approved,
        "anchors": lambda data: messages.anchors(data, anchors),
        "next-anchors": next_anchors,
        "profile": lambda data: profiles.profile(data, [anchors.maker]),
        "changes": changes,
        "command": messages.command,
        "association": messages.association,
        "credential": lambda data: messages.credential(data, anchors.authorities),
        "status": lambda data: messages.status(data, anchors.authorities),
        "fleet": lambda data: fleet.fleet(data, anchors.authorities),
        "fleet-root": lambda data: fleet.fleet_root(data, anchors.authorities),
        "listing": lambda data: fleet.listing(data, anchors.authorities),
        "grant": lambda data: messages.grant(data, anchors.grant_keys),
        "proof": lambda data: proven(proof(decode(data)), anchors),
        "bundle": lambda data: evidence.bundle(data, anchors),
        "emergency": messages.emergency,
        "attestation": lambda data: messages.attestation(data, device),
        "presence": lambda data: messages.presence(data, device),
        "receipt": lambda data: messages.receipt(data, device),
        "absence": lambda data: messages.absence(data, device),
        "statement": messages.statement,
        "signed-statement": messages.signed_statement,
        "evidence": lambda data: evidence.evidence(data, anchors),
        "emergency-evidence": lambda data: evidence.emergency_evidence(data, anchors),
        "request": messages.request,
        "answer": messages.answer,
        "from-device": telemetry.from_device,
        "to-device": telemetry.to_device,
        "chain-head": lambda data: telemetry.chain_head(data, device),
        "telemetry-session": lambda data: telemetry.session(data, read("device"), device),
        "entries": lambda data: bundle_files.entries(data, read("root")),
        "openings": lambda data: bundle_files.openings(data, [bytes.fromhex(each) for each in world["commitments"]]),
        "consistency": bundle_files.consistency,
        "monitor": telemetry.monitor,
        "live": telemetry.live,
        "event": telemetry.event,
        "conformance": lambda data: telemetry.tested(data, tester),
        "from-station": messages.from_station,
        "to-station": messages.to_station,
        "checkpoint": note,
        "entry": entry,
    }


def outcome_of(judge, data):
    try:
        judge(data)
        return "ok"
    except Refused as refused:
        return refused.code


def main(folder):
    paper = PAPER.read_text(encoding="utf-8")
    learn_kinds(paper)
    telemetry.learn_units(UNITS.read_text(encoding="utf-8"))
    table = re.findall(r"^\| (E_[A-Z_]+) +\| (\d+) ", paper, re.MULTILINE)
    messages.REFUSAL_NUMBERS.update(int(number) for _, number in table)
    judges = judges_of(json.loads((folder / "world.json").read_text()))
    files = sorted(path for path in folder.glob("*.json") if path.stem not in ("world", "keys"))
    seen = wrong = 0
    for path in files:
        file = json.loads(path.read_text())
        judge = judges.pop(file["message"], None)
        if judge is None or file["protocol"] != PROTOCOL:
            wrong += 1
            print(f"{path.name}: not known to this program")
            continue
        for vector in file["vectors"]:
            seen += 1
            outcome = outcome_of(judge, bytes.fromhex(vector["given"]))
            if outcome != vector["expect"]:
                wrong += 1
                print(f"{path.name}: \"{vector['name']}\" gives {outcome}, not {vector['expect']} ({vector['note']})")
    for message in judges:
        wrong += 1
        print(f"{message}: there are no vectors")
    print(f"{seen} vectors in {len(files)} files, {wrong} judged otherwise")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent))
