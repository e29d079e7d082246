"""Signed statements: what was proven of an engine, in the form of in-toto, inside a DSSE envelope.

securesystemslib signs and verifies. Only keys that the caller names are trusted; a statement without a signature by one
of them is nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dindguard.errors import INCOMPLETE, UserError
from dindguard.printable import printable

Statement = dict[str, Any]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:dindguard:nested-engine:v1"
LARGEST = 1 << 20
"""Bytes of the largest envelope that is read."""


def statement(subjects: dict[str, str], predicate: dict[str, Any]) -> Statement:
    """Return a statement that ``predicate`` holds of ``subjects``, which are SHA-256 digests by name."""
    return {
        "_type": STATEMENT_TYPE,
        "subject": [{"name": name, "digest": {"sha256": digest}} for name, digest in subjects.items()],
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }


def signed(told: Statement, key: Path) -> str:
    """Return ``told`` in an envelope, signed with the private key in a PEM file, as JSON text."""
    dsse, _, _ = _library()
    made = signer_of(key)
    payload = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    envelope = dsse.Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(made)
    return json.dumps(envelope.to_dict(), indent=2, sort_keys=True) + "\n"


def signer_of(key: Path) -> Any:
    """Return what signs with the private key in a PEM file; :class:`UserError` (2) where there is none."""
    _, signer, serialization = _library()
    try:
        return signer.CryptoSigner(serialization.load_pem_private_key(key.read_bytes(), password=None))
    except OSError as error:
        raise UserError(f"--key {key}: cannot be read: {error.strerror}") from error
    except Exception as error:  # the libraries raise many kinds, none of which says what a PEM file should be
        raise UserError(
            f"--key {key}: not a private key without a password in PEM form (Ed25519, ECDSA or RSA): {printable(error, 100)}"
        ) from error


def opened(text: str, trusted: Sequence[Path]) -> Statement:
    """Return the statement in an envelope that one of the ``trusted`` public keys (PEM files) has signed.

    Raises :class:`UserError` (3) for anything else: no signature, a stranger's, another kind of statement.
    """
    dsse, signer, serialization = _library()
    keys = [_public(path, signer, serialization) for path in trusted]
    if not keys:
        raise UserError("name the keys that you trust: --trust PEM-FILE")
    try:
        if len(text) > LARGEST:
            raise ValueError("it is larger than 1 MiB")
        envelope = dsse.Envelope.from_dict(json.loads(text))
    except RecursionError:
        raise UserError("this is no signed statement: it is nested too deep", INCOMPLETE) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"this is no signed statement: {printable(error, 100)}", INCOMPLETE) from error
    if envelope.payload_type != PAYLOAD_TYPE:
        raise UserError(
            f"this envelope holds {printable(envelope.payload_type, 60)}, no in-toto statement", INCOMPLETE
        )
    try:
        envelope.verify(keys, 1)
    except Exception as error:  # whatever goes wrong while verifying, it is not verified
        raise UserError("no key that you trust has signed this statement", INCOMPLETE) from error
    return _statement_of(envelope.payload)


def _statement_of(payload: bytes) -> Statement:
    try:
        told = json.loads(payload)
        kind, about = told["_type"], told["predicateType"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UserError("what is signed is no in-toto statement", INCOMPLETE) from error
    if (kind, about) != (STATEMENT_TYPE, PREDICATE_TYPE) or not isinstance(told.get("predicate"), dict):
        raise UserError(f"what is signed is about something else: {printable(about, 80)}", INCOMPLETE)
    found: Statement = told
    return found


def _public(path: Path, signer: Any, serialization: Any) -> Any:
    try:
        return signer.SSlibKey.from_crypto(serialization.load_pem_public_key(path.read_bytes()))
    except OSError as error:
        raise UserError(f"--trust {path}: cannot be read: {error.strerror}") from error
    except Exception as error:
        raise UserError(f"--trust {path}: not a public key in PEM form: {printable(error, 100)}") from error


def _library() -> tuple[Any, Any, Any]:
    try:
        from cryptography.hazmat.primitives import serialization
        from securesystemslib import dsse, signer
    except ImportError:
        raise UserError(
            "attestations need securesystemslib with cryptography: pip install 'securesystemslib[crypto]'"
        ) from None
    return dsse, signer, serialization
