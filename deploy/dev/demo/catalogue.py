"""Every title of the demo, and the ways in which the catalogues look one up."""

from collections.abc import Iterable

from deploy.dev.demo.facts import Episode, Kind, Title
from deploy.dev.demo.titles import ALL


class Catalogue:
    """Titles by each of their ids; a miss is ``None``."""

    def __init__(self, titles: Iterable[Title] = ALL) -> None:
        self.titles = tuple(titles)
        self._by_slug = {title.slug: title for title in self.titles}
        self._by_imdb = {title.imdb: title for title in self.titles}
        self._by_tmdb = {(title.kind, title.tmdb): title for title in self.titles}
        self._by_tvdb = {(title.kind, title.tvdb): title for title in self.titles}
        self._episodes = {key: (t, e) for t in self.titles for e in t.episodes for key in (e.imdb, str(e.tvdb))}

    def __iter__(self) -> "Iterable[Title]":
        return iter(self.titles)

    def by_slug(self, slug: str) -> Title | None:
        """Return the title whose art carries this name."""
        return self._by_slug.get(slug)

    def by_imdb(self, imdb: str, kind: Kind | None = None) -> Title | None:
        """Return the title with this IMDb id, of this kind when one is given."""
        title = self._by_imdb.get(imdb)
        return title if title is None or kind in (None, title.kind) else None

    def by_tmdb(self, kind: Kind, number: int) -> Title | None:
        """Return the film or serial with this TMDB number."""
        return self._by_tmdb.get((kind, number))

    def by_tvdb(self, kind: Kind, number: int) -> Title | None:
        """Return the film or serial with this TVDB number."""
        return self._by_tvdb.get((kind, number))

    def by_id(self, provider: str, kind: Kind, text: str) -> Title | None:
        """Return the title that a provider's path names, or ``None`` also when the id is malformed."""
        if provider == "imdb":
            return self.by_imdb(text, kind)
        if not text.isdecimal():
            return None
        return self.by_tmdb(kind, int(text)) if provider == "tmdb" else self.by_tvdb(kind, int(text))

    def episode(self, external_id: str) -> tuple[Title, Episode] | None:
        """Return the episode with this IMDb id or TVDB number, and its serial."""
        return self._episodes.get(external_id)
