"""Random secrets and their hashes."""

from __future__ import annotations

from concertmaster.security.tokens import digest, new_secret, new_token, plausible, same


def test_secrets_have_256_bits_and_need_no_quoting() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(secret) == 43 and plausible(secret) for secret in made)
    assert all(
        set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") for secret in made
    )
    assert new_token().startswith("cm_")


def test_a_digest_is_sha_256_and_takes_any_text() -> None:
    assert digest("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert not plausible("")
    assert not plausible("x" * 201)
    assert not plausible("ü")


def test_only_equal_secrets_are_the_same() -> None:
    assert same("abc", "abc")
    assert not same("abc", "abd")
    assert not same("abc", "ab")
    assert not same("\udcff", "abc")
