"""AniList: the average score of an anime, by AniList's number. GraphQL, without a key."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from typing import Final

import msgspec

from services.client.http import Request, Response
from services.client.json_reader import inner, number, rows, text, whole
from services.client.refusals import read_answer
from services.entry_ratings import EntryRatings
from shared.domain.errors import SourceInvalidResponse
from shared.domain.ids import IdType
from shared.domain.ratings import RatingSite

_PAGE: Final = 50  # the most that a page has
_QUERY: Final = (
    f"query ($ids: [Int]) {{ Page(perPage: {_PAGE}) {{ media(id_in: $ids, type: ANIME) {{ id averageScore }} }} }}"
)


class AnilistSource(EntryRatings):
    """Calls AniList, which documents 90 calls a minute and has allowed 30 for years."""

    name = "anilist"
    site = RatingSite.ANILIST
    id_type = IdType.ANILIST
    batch_size = _PAGE
    per_minute = 30

    def request(self, numbers: Collection[int]) -> Request:
        """Return a query for up to a page of entries."""
        body = msgspec.json.encode({"query": _QUERY, "variables": {"ids": list(numbers)}})
        return Request(self._api_url, headers={"Accept": "application/json"}, body=body)

    def read(self, response: Response) -> Mapping[int, float | None]:
        """Return the scores; errors come beside ``data`` or in its place, with any status."""
        body = read_answer(self.name, response, lambda _: False)
        page = inner(inner(body, "data"), "Page")
        if response.status != HTTPStatus.OK or not isinstance(page.get("media"), list):
            said = text(next(iter(rows(body, "errors")), {}), "message")[:100]
            raise SourceInvalidResponse(self.name, f"status {response.status}, no page: {said!r}")
        return {found: number(row, "averageScore") for row in rows(page, "media") if (found := whole(row, "id"))}
