import time
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.api.api_error import ApiError
from gateway.auth.session_tokens import ACCESS_S, AccessTokens, RefreshToken
from gateway.db.sessions import SessionRow
from shared.config.environment import Secret

SECRET = Secret("ab" * 32)
TOKENS = AccessTokens(SECRET)
SESSION = SessionRow(family=7, admin_id=3, key_id=None, name="root", expires_at=datetime.max.replace(tzinfo=UTC))
CLAIMS = {
    "iss": "marquee",
    "aud": "marquee-management",
    "sub": "admin:root",
    "exp": int(time.time()) + 86_400,  # this module may be read long before its tests run
    "type": "access",
    "family": 7,
}


def signed(key: bytes = bytes.fromhex(SECRET), algorithm: str = "HS256", without: str = "", **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if name != without}
    return jwt.encode(claims, key, algorithm)


def test_a_token_is_read_as_it_was_signed() -> None:
    assert [7, 7] == [TOKENS.read(TOKENS.sign(SESSION)), TOKENS.read(signed())]


def test_a_token_is_good_for_a_quarter_of_an_hour() -> None:
    almost = AccessTokens(SECRET, now=lambda: time.time() - ACCESS_S + 60)
    over = AccessTokens(SECRET, now=lambda: time.time() - ACCESS_S)

    assert 7 == TOKENS.read(almost.sign(SESSION))
    with pytest.raises(ApiError):
        TOKENS.read(over.sign(SESSION))


def test_a_new_secret_signs_while_what_the_old_one_signed_is_still_believed() -> None:
    new = Secret("cd" * 32)
    rotating, after = AccessTokens(new, SECRET), AccessTokens(new)

    assert [7, 7] == [rotating.read(TOKENS.sign(SESSION)), after.read(rotating.sign(SESSION))]
    with pytest.raises(ApiError):
        after.read(TOKENS.sign(SESSION))
    with pytest.raises(ApiError):
        rotating.read(signed(b"\1" * 32))


FORGED = {
    "another key": signed(b"\1" * 32),
    "another algorithm": signed(algorithm="HS384", key=b"\xab" * 48),
    "no algorithm": jwt.encode(CLAIMS, "", "none"),
    "another issuer": signed(iss="other"),
    "another audience": signed(aud="other"),
    "another type": signed(type="refresh"),
    "a family that is none": signed(family="7"),
    **{f"no {claim}": signed(without=claim) for claim in CLAIMS},
    "nothing": "",
    "too long": TOKENS.sign(SESSION) + "A" * 1024,
    "no signature": TOKENS.sign(SESSION).rpartition(".")[0] + ".",
    "not ASCII": TOKENS.sign(SESSION) + "\udcff",
}


@pytest.mark.parametrize("text", FORGED.values(), ids=FORGED)
def test_a_token_is_refused_that_has(text: str) -> None:
    with pytest.raises(ApiError):
        TOKENS.read(text)


@given(tail=st.text(max_size=200))
def test_whatever_follows_our_header_is_refused(tail: str) -> None:
    with pytest.raises(ApiError):
        TOKENS.read(TOKENS.sign(SESSION).partition(".")[0] + "." + tail)


def test_a_refresh_token_is_new_each_time_and_shows_itself_to_nobody() -> None:
    one, two = RefreshToken.new(), RefreshToken.new()

    assert one.text != two.text
    assert one == RefreshToken.read(str(one.text))
    assert (32, False) == (len(one.digest), str(one.text) in repr(one))
