"""Verifies a folder of Keyrack's receipts with pymerkle and cryptography. ../README.md describes the folder.

The roots are recomputed from the raw leaves, as an auditor gets them in entry bundles. No hash that the cluster
computed is trusted.
"""

import base64
import hashlib
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pymerkle import InmemoryTree, InvalidProof, verify_inclusion
from pymerkle.hasher import MerkleHasher
from pymerkle.proof import InclusionProof

LOG, COSIGNER = 1, 4


class Refused(Exception):
    """Something in the folder is invalid."""


class Key:
    """A verifier key of c2sp.org/signed-note: `name+hash+base64`."""

    def __init__(self, vkey, kind):
        name, key_hash, material = vkey.split("+", 2)
        material = decode(material)
        self.name = name
        self.id = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        if material[0] != kind or self.id.hex() != key_hash:
            raise Refused(f"verifier key {vkey}")
        self.public = Ed25519PublicKey.from_public_bytes(material[1:])

    def has_signed(self, text, signatures):
        """Whether this key signed. An invalid signature in its name makes the whole note invalid."""
        signed = False
        for name, key_id, signature in signatures:
            if (name, key_id) == (self.name, self.id):
                self.verify(text, signature)
                signed = True
        return signed

    def verify(self, text, signature):
        try:
            self.public.verify(signature, text)
        except InvalidSignature as invalid:
            raise Refused(f"the signature of {self.name} does not verify") from invalid


class Cosigner(Key):
    """A key of c2sp.org/tlog-cosignature, the Ed25519 kind."""

    def verify(self, text, signature):
        time = int.from_bytes(signature[:8], "big")
        super().verify(f"cosignature/v1\ntime {time}\n".encode() + text, signature[8:])


class Policy:
    """The part of c2sp.org/tlog-policy that a cluster's own policy uses: one group, which is the quorum."""

    def __init__(self, text):
        self.logs, self.witnesses = [], {}
        for line in text.splitlines():
            words = line.split()
            if not words or words[0].startswith("#"):
                continue
            if words[0] == "log":
                self.logs.append(Key(words[1], LOG))
            elif words[0] == "witness":
                self.witnesses[words[1]] = Cosigner(words[2], COSIGNER)
            elif words[0] == "group":
                self.needed, self.members = int(words[2]), words[3:]
            elif words[0] != "quorum":
                raise Refused(f"line {line!r} of the policy")

    def open(self, note):
        """Origin, size and root of a checkpoint with enough signatures."""
        body, _, lines = note.rpartition("\n\n")
        text = f"{body}\n".encode()
        signatures = [read_signature(line) for line in lines.splitlines()]
        origin, size, root = body.split("\n")
        # A list, not a generator: every known signature must be checked.
        if not any([log.has_signed(text, signatures) for log in self.logs if log.name == origin]):
            raise Refused(f"no key of {origin} signed")
        if sum([self.witnesses[name].has_signed(text, signatures) for name in self.members]) < self.needed:
            raise Refused("too few cosignatures")
        return origin, int(size), decode(root)


def main(folder):
    policy = Policy((folder / "policy").read_text())
    checkpoints = [policy.open(file.read_text()) for file in numbered(folder / "checkpoints")]
    origin, size, _ = checkpoints[-1]
    tree = InmemoryTree(algorithm="sha256")
    for leaf in read_leaves(folder / "entries", size):
        tree.append_entry(leaf)
    for its_origin, its_size, root in checkpoints:
        if its_origin != origin or its_size > size or tree.get_root(its_size) != root:
            raise Refused(f"the first {its_size} leaves have another root")
        print(f"accepted: {origin} with {its_size} leaves")
    for file in numbered(folder / "receipts"):
        verify_receipt(file, policy, tree, origin)


def verify_receipt(file, policy, tree, origin):
    head, _, note = file.read_text().partition("\n\n")
    first, extra, index, *hashes = head.split("\n")
    if first != "c2sp.org/tlog-proof@v1" or not extra.startswith("extra ") or not index.startswith("index "):
        raise Refused(f"receipt {file.name} is not a proof file")
    leaf, index = decode(extra[len("extra "):]), int(index[len("index "):])
    its_origin, size, root = policy.open(note)
    if its_origin != origin or size > tree.get_size() or tree.get_root(size) != root:
        raise Refused(f"receipt {file.name}: the first {size} leaves have another root")
    if not 0 <= index < size:
        raise Refused(f"receipt {file.name}: leaf {index} is not in a tree of {size}")
    base = MerkleHasher("sha256", security=True).hash_buff(leaf)
    # pymerkle counts from one. Its own proof from the raw leaves gives the form. The receipt's proof must equal it,
    # hash by hash.
    own = tree.prove_inclusion(index + 1, size)
    ours = InclusionProof("sha256", True, size, index + 1, own.rule, [base] + [decode(line) for line in hashes])
    verify_inclusion(base, root, ours, index=index + 1, size=size, algorithm="sha256")
    if ours.path != own.path:
        raise Refused(f"receipt {file.name}: pymerkle's proof differs")
    print(f"accepted: receipt {file.name}, leaf {index} of {size}")


def read_leaves(folder, size):
    """The leaves of entry bundles (c2sp.org/tlog-tiles). Each follows its length in 16 bits."""
    leaves = []
    for start in range(0, size, 256):
        name = f"{start // 256:03}" if size - start >= 256 else f"{start // 256:03}.p/{size - start}"
        bundle = (folder / name).read_bytes()
        while bundle:
            length = int.from_bytes(bundle[:2], "big")
            leaves.append(bundle[2:2 + length])
            bundle = bundle[2 + length:]
    if len(leaves) != size:
        raise Refused(f"{len(leaves)} leaves instead of {size}")
    return leaves


def read_signature(line):
    dash, name, encoded = line.split(" ")
    signature = decode(encoded)
    if dash != "\N{EM DASH}" or len(signature) <= 4:
        raise Refused(f"signature line {line!r}")
    return name, signature[:4], signature[4:]


def numbered(folder):
    files = sorted(folder.iterdir(), key=lambda file: int(file.name))
    if not files:
        raise Refused(f"nothing in {folder}")
    return files


def decode(text):
    return base64.b64decode(text, validate=True)


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]))
    except (Refused, InvalidProof, ValueError) as wrong:
        print(f"refused: {wrong}")
        sys.exit(1)
    except Exception as wrong:  # pylint: disable=broad-except
        print(f"broken: {type(wrong).__name__}: {wrong}")
        sys.exit(2)
    print("accepted: everything")
