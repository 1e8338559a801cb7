"""The pictures of the first page lead to looks that are kept; without a store there are none, and the page is there."""

import asyncio
import re

import pytest

from gateway.web import samples
from shared.domain.pictures import CANVAS, Kind, Size
from shared.queue.prewarm_input import parse_external_id
from shared.settings.digest import SettingsHash
from shared.settings.model import Settings
from shared.stores.postgres import Pool
from shared.stores.settings_registry import SettingsRegistry
from shared.stores.settings_rows import load_settings
from tests.gateway.auth.caller import Caller
from tests.gateway.edge import CONTENT

_LOOK = re.compile(rf"{re.escape(CONTENT)}/c/([0-9a-f]{{32}})/")


@pytest.mark.parametrize("kind", Kind)
async def test_the_admin_panel_is_given_a_sample_of_each_kind(kind: Kind) -> None:
    sample = (await samples.admin_context())["facts"]["samples"][kind]

    width, height = CANVAS[kind][Size(sample["size"])]
    assert abs(width / height - sample["canvas"][0] / sample["canvas"][1]) < 0.01
    assert (kind is Kind.EPISODE) == (parse_external_id(sample["title"]).episode is not None)


async def test_every_look_of_the_first_page_is_kept(caller: Caller, pool: Pool) -> None:
    page = await caller.get("/")

    names = {SettingsHash(name) for name in _LOOK.findall(page.body.decode())}
    assert 9 == len(names)
    assert None not in [await load_settings(pool, name) for name in names]


async def test_the_first_page_has_no_pictures_while_looks_cannot_be_stored_in_time(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: SettingsRegistry, __: Settings) -> SettingsHash:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(samples, "SAVE_DEADLINE_S", 0.01)
    monkeypatch.setattr(SettingsRegistry, "remember", never)

    page = await caller.get("/")

    assert (200, []) == (page.status, _LOOK.findall(page.body.decode()))
