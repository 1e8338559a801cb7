"""Kitsu: the average rating of an anime, by Kitsu's number. JSON:API, without a key."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final

from services.client.http import Request, Response
from services.client.json_reader import inner, number, rows, text, whole_of
from services.client.refusals import read_answer
from services.entry_ratings import EntryRatings
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import IdType
from shared.domain.ratings import RatingSite

_PAGE: Final = 20  # the most that a page has
_DIGITS: Final = 10


class KitsuSource(EntryRatings):
    """Calls Kitsu, which publishes no limit."""

    name = "kitsu"
    site = RatingSite.KITSU
    id_type = IdType.KITSU
    batch_size = _PAGE
    per_minute = 60

    def request(self, numbers: Collection[int]) -> Request:
        """Return the request for up to a page of entries."""
        query = {
            "filter[id]": ",".join(map(str, numbers)),
            "fields[anime]": "averageRating",
            "page[limit]": str(_PAGE),
        }
        return Request(f"{self._api_url}/anime", query, headers={"Accept": "application/vnd.api+json"})

    def read(self, response: Response) -> Mapping[int, float | None]:
        """Return the scores; ids and scores are text."""
        body = read_answer(self.name, response, lambda _: False)
        if response.status != HTTPStatus.OK or not isinstance(body.get("data"), list):
            said = text(next(iter(rows(body, "errors")), {}), "title")[:100]
            raise SourceInvalidResponse(self.name, f"status {response.status}, no list: {said!r}")
        return {
            found: number(inner(row, "attributes"), "averageRating")
            for row in rows(body, "data")
            if (found := _number(text(row, "id")))
        }


def _number(written: str) -> int | None:
    is_number = written.isascii() and written.isdigit() and len(written) <= _DIGITS
    return whole_of(int(written)) if is_number else None
