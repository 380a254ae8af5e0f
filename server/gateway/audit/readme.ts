/** What stands in every bundle, for somebody who was handed one and has nothing of ours. */
export const README = `COUNTERSIGN EVIDENCE BUNDLE

This folder shows what was done to a medical device, by whom, and that it was announced in a public log before it was
done and recorded there afterwards. You can check it without asking the hospital or anybody else.

1. Get the fingerprint of the hospital's keys (eight groups of four characters) from somewhere else than this file: on
   paper, from the hospital's published page, or from a person you know. Nothing in here can vouch for itself.
2. Check it, without a network, in one of two ways:
   - open verifier.html, where it is included, in a browser, choose the zip file and type the fingerprint; or
   - countersign verify BUNDLE.zip --fingerprint "...."   (exit code 0 verified, 1 a check failed, 2 not checked)
3. Read the verdict first. VERIFIED: every check passed. FAILED: do not rely on this. INCOMPLETE: nothing is wrong as
   far as it goes, but a check could not be made, and each one says why.

manifest.json     what is in here, with the SHA-256 of every file
anchors.cbor      the hospital's keys, signed by its authority and by the holder of its recovery key
checkpoint.txt    the log's state that all proofs lead to, signed by the log and by independent witnesses
entries.cbor      the log's entries, exactly as they were logged, and one proof for all of them
commands/         for each command its signed bytes, signatures, certificates, grant, device receipt, proofs
                  openings.cbor, where it is included: names and reasons, which the log only committed to
consistency.cbor  proofs that this log continues what you saw of it earlier, where you asked for them
policy.json       the rules that decide now
policies/         those that decided then, where something rests on them
story.txt         the same in words, written by the gateway: read it, and believe what the check says

The formats are described in PROTOCOL.md of the Countersign project, sections 3.9, 5 and 7. The log's own formats are
those of C2SP (c2sp.org): signed-note, tlog-checkpoint, tlog-cosignature.
`;
