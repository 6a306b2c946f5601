"""Encryption at rest: what comes back, what does not open, and how the key file is kept."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from concertmaster.domain.errors import OperationalError, UserError
from concertmaster.security.cipher import KEY_FILE, Cipher, open_cipher

ONE, TWO = bytes(range(32)), bytes(range(1, 33))


@given(plain=st.binary(max_size=200), context=st.text(max_size=20))
def test_round_trip(plain: bytes, context: str) -> None:
    cipher = Cipher([ONE])
    blob = cipher.encrypt(plain, context)
    assert cipher.decrypt(blob, context) == plain
    assert len(plain) < 4 or plain not in blob


def test_equal_secrets_make_different_blobs() -> None:
    cipher = Cipher([ONE])
    assert len({cipher.encrypt(b"same", "c") for _ in range(100)}) == 100


def test_every_changed_byte_is_noticed() -> None:
    cipher = Cipher([ONE])
    blob = cipher.encrypt(b"secret", "connection/a")
    for index in range(len(blob)):
        changed = bytearray(blob)
        changed[index] ^= 1
        with pytest.raises(OperationalError) as caught:
            cipher.decrypt(bytes(changed), "connection/a")
        assert caught.value.code in ("cipher.damaged", "cipher.wrong_key")
        assert not caught.value.retryable
    for length in range(len(blob)):
        with pytest.raises(OperationalError):
            cipher.decrypt(blob[:length], "connection/a")


def test_a_blob_moved_to_another_place_does_not_open() -> None:
    cipher = Cipher([ONE])
    with pytest.raises(OperationalError) as caught:
        cipher.decrypt(cipher.encrypt(b"secret", "connection/a"), "connection/b")
    assert caught.value.code == "cipher.damaged"


def test_the_wrong_key_says_what_to_do() -> None:
    with pytest.raises(OperationalError, match=r"SECRET_KEY.*secret\.key") as caught:
        Cipher([TWO]).decrypt(Cipher([ONE]).encrypt(b"secret", "connection/a"), "connection/a")
    assert caught.value.code == "cipher.wrong_key"


def test_keys_rotate() -> None:
    old = Cipher([ONE]).encrypt(b"secret", "c")
    both = Cipher([TWO, ONE])
    assert both.decrypt(old, "c") == b"secret"
    assert Cipher([TWO]).decrypt(both.encrypt(b"secret", "c"), "c") == b"secret"


@pytest.mark.parametrize("keys", [[], [b"short"], [ONE, b"x" * 31]])
def test_wrong_keys(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Cipher(keys)


def test_the_key_file_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    blob = open_cipher(tmp_path).encrypt(b"secret", "c")
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert open_cipher(tmp_path).decrypt(blob, "c") == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_many_starting_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as threads:
        ciphers = list(threads.map(lambda _: open_cipher(tmp_path), range(64)))
    blob = ciphers[0].encrypt(b"secret", "c")
    assert all(cipher.decrypt(blob, "c") == b"secret" for cipher in ciphers)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_key_file_open_to_others_is_closed(tmp_path: Path) -> None:
    open_cipher(tmp_path)
    (tmp_path / KEY_FILE).chmod(0o644)
    open_cipher(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff" * 44, b"AAAA"])
def test_a_damaged_key_file_is_not_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(OperationalError, match="restore") as caught:
        open_cipher(tmp_path)
    assert caught.value.code == "secret_key.damaged"
    assert (tmp_path / KEY_FILE).read_bytes() == content


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_can_not_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OperationalError) as caught:
        open_cipher(tmp_path)
    assert caught.value.code == "secret_key.unreadable"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OperationalError) as caught:
        open_cipher(tmp_path / "gone")
    assert caught.value.code == "secret_key.unreadable"


def test_the_setting_gives_the_key_and_the_file_stays_readable(tmp_path: Path) -> None:
    from_file = open_cipher(tmp_path).encrypt(b"old", "c")
    setting = open_cipher(tmp_path, "a long enough secret key")
    assert setting.decrypt(from_file, "c") == b"old"
    blob = setting.encrypt(b"new", "c")
    assert open_cipher(tmp_path, "a long enough secret key").decrypt(blob, "c") == b"new"
    with pytest.raises(OperationalError, match="another key"):
        open_cipher(tmp_path, "another long secret key").decrypt(blob, "c")
    with pytest.raises(UserError, match="16 characters"):
        open_cipher(tmp_path, "short")


def test_no_key_file_is_made_when_the_setting_is_used(tmp_path: Path) -> None:
    open_cipher(tmp_path, "a long enough secret key")
    assert list(tmp_path.iterdir()) == []


def former_blob(key: bytes, plain: bytes, context: str) -> bytes:
    """A blob as it was before there was an envelope."""
    nonce = secrets.token_bytes(12)
    header = b"CM1" + hashlib.sha256(b"concertmaster key id" + key).digest()[:8] + nonce
    return header + AESGCM(key).encrypt(nonce, plain, header + context.encode())


def test_a_blob_without_an_envelope_stays_readable_and_gets_one() -> None:
    old, cipher = former_blob(ONE, b"secret", "c"), Cipher([TWO, ONE])
    assert cipher.decrypt(old, "c") == b"secret"
    anew = cipher.rewrap(old, "c")
    assert anew is not None
    assert Cipher([TWO]).decrypt(anew, "c") == b"secret"
    assert cipher.rewrap(anew, "c") is None


def test_wrapping_anew_leaves_what_is_encrypted_as_it_is() -> None:
    old = Cipher([ONE]).encrypt(b"secret", "c")
    anew = Cipher([TWO, ONE]).rewrap(old, "c")
    assert anew is not None
    assert anew[-34:] == old[-34:]
    assert Cipher([TWO]).decrypt(anew, "c") == b"secret"
    with pytest.raises(OperationalError, match="another key"):
        Cipher([ONE]).decrypt(anew, "c")
    with pytest.raises(OperationalError, match="damaged"):
        Cipher([TWO, ONE]).rewrap(old, "another")


def test_a_new_key_of_the_data_folder_keeps_the_former_one(tmp_path: Path) -> None:
    cipher = open_cipher(tmp_path)
    first, blob = cipher.current, cipher.encrypt(b"secret", "c")
    second = cipher.rotate()
    assert (second != first, cipher.current) == (True, second)
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY_FILE, f"{KEY_FILE}.{first}"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert open_cipher(tmp_path).decrypt(blob, "c") == b"secret"
    anew = cipher.rewrap(blob, "c")
    assert anew is not None
    (tmp_path / f"{KEY_FILE}.{first}").unlink()
    assert open_cipher(tmp_path).decrypt(anew, "c") == b"secret"
    assert len(base64.urlsafe_b64decode((tmp_path / KEY_FILE).read_bytes())) == 32


def test_a_key_that_comes_into_the_file_later_is_found(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# newest first\nthe first of two long keys\n")
    here = open_cipher(tmp_path, key_file=file)
    file.write_text("the second of two long keys\nthe first of two long keys\n")
    blob = open_cipher(tmp_path, key_file=file).encrypt(b"secret", "c")
    assert here.decrypt(blob, "c") == b"secret"
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


def test_keys_that_others_would_not_have_are_not_made(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="SECRET_KEY_FILE") as caught:
        open_cipher(tmp_path, shared=True).rotate()
    assert caught.value.code == "secret_key.shared"
    (tmp_path / "keys").write_text("# none yet\n")
    with pytest.raises(UserError, match="holds no key"):
        open_cipher(tmp_path, key_file=tmp_path / "keys")
    with pytest.raises(OperationalError) as unreadable:
        open_cipher(tmp_path, key_file=tmp_path / "none")
    assert unreadable.value.code == "secret_key.unreadable"
