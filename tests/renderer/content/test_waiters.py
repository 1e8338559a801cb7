"""Who expects a result gets it, also when it came before the last of them began to wait."""

from renderer.content.waiters import Waiters
from shared.domain.ids import ExternalId, IdType
from shared.queue.messages import RenderDone
from shared.settings.digest import SettingsHash

DONE = RenderDone(settings_hash=SettingsHash("0" * 32), title=ExternalId(IdType.IMDB, 1), media="movie-1")


async def test_a_result_that_came_while_others_expected_it_is_there_at_once() -> None:
    waiters = Waiters()
    with waiters.expect(DONE.picture) as first:
        waiters.notify(DONE)
        with waiters.expect(DONE.picture) as second:
            found = [first.result(), second.result()]

    assert [DONE, DONE] == found


async def test_a_result_is_not_kept_for_those_who_come_when_nothing_is_expected() -> None:
    waiters = Waiters()
    waiters.notify(DONE)
    with waiters.expect(DONE.picture) as first:
        waiters.notify(DONE)
    with waiters.expect(DONE.picture) as later:
        assert (True, False) == (first.done(), later.done())


async def test_a_result_of_another_picture_wakes_nobody() -> None:
    waiters = Waiters()
    with waiters.expect("another") as waiting:
        waiters.notify(DONE)

        assert not waiting.done()
