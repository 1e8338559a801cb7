import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.keys.token import FREE_KEY, Form, KeyToken
from shared.domain.errors import InvalidApiKey

HEX_64 = "ab" * 32


def test_a_key_is_known_by_the_digest_of_its_text() -> None:
    token = KeyToken.parse(HEX_64)

    assert KeyToken(Form.KEY, hashlib.sha256(HEX_64.encode()).digest()) == token


def test_both_spellings_of_the_share_form_are_one() -> None:
    share = "0123456789abcdef" * 2

    assert KeyToken.parse(f"h.{share}") == KeyToken.parse(f"h-{share}")


@pytest.mark.parametrize("key", [HEX_64, f"h.{HEX_64[:32]}", f"h-{HEX_64[:32]}"])
@pytest.mark.parametrize("tier", ["t0-", "t3-", "t9-"])
def test_a_tier_before_a_key_means_nothing(tier: str, key: str) -> None:
    assert KeyToken.parse(key) == KeyToken.parse(tier + key)


@pytest.mark.parametrize("tier", ["t-", "t10-", "T3-", "t3", "t3-t3-", "x3-", "t\u0663-"])
def test_anything_else_before_a_key_is_refused(tier: str) -> None:
    with pytest.raises(InvalidApiKey):
        KeyToken.parse(tier + HEX_64)


def test_the_free_key_is_one_only_where_it_is_allowed() -> None:
    token = KeyToken.parse(FREE_KEY, free_key=True)

    assert Form.FREE is token.form
    with pytest.raises(InvalidApiKey):
        KeyToken.parse(FREE_KEY)


@given(st.text() | st.from_regex(r"[0-9a-fA-F]{62,66}", fullmatch=True) | st.from_regex(r"h[.-]?[0-9a-f]{31,33}"))
def test_anything_is_a_key_or_refused(text: str) -> None:
    try:
        said = KeyToken.parse(text, free_key=True).digest.hex()
    except InvalidApiKey as error:
        said = str(error)

    assert "malformed key" == said or re.fullmatch("[0-9a-f]{64}", said)
