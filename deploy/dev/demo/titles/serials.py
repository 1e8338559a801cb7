"""Film serials of the 1910s, presented as television presents a series."""

from datetime import date, timedelta

from deploy.dev.demo.facts import Episode, Ratings, Title

# No such IMDb id is given out yet, so an invented episode cannot be mistaken for a real one.
_FIRST_INVENTED_IMDB_ID = 99_000_000


def _season(series: int, season: int, first: date, every: timedelta, *names: str, best: float = 0.0) -> list[Episode]:
    """Give a number to the parts of one season; ``best`` is the rating of the first, 0 where nobody rated."""
    return [
        Episode(
            season=season,
            number=number,
            name=name,
            aired=first + every * (number - 1),
            tmdb=series * 1000 + season * 100 + number,
            tvdb=series * 100 + season * 40 + number,
            imdb=f"tt{_FIRST_INVENTED_IMDB_ID + series * 100 + season * 40 + number}",
            rating=(round(best - 0.1 * (number % 4), 1), 900 - 40 * number) if best else None,
            # The last part of a season has none, so that a client must fall back to the series' backdrop.
            has_still=number != len(names),
        )
        for number, name in enumerate(names, 1)
    ]


SERIALS = (
    Title(
        slug="fantomas",
        kind="show",
        name="Fantômas",
        language="fr",
        countries=("FR",),
        released=date(1913, 5, 9),
        imdb="tt0002844",
        tmdb=91301,
        tvdb=413130,
        runtime=65,
        genres=("Crime", "Mystery"),
        director="Louis Feuillade",
        overview="Inspector Juve hunts a master of disguise through the salons and the sewers of Paris.",
        awards="N/A",
        lettered=("en", "fr"),
        local_names={"fr": "Fantômas"},
        ratings=Ratings(imdb=(6.9, 2_870), tmdb=(7.1, 58), rta=(76, 510), trakt=(70, 120), lb=(3.7, 8_204), score=70),
        episodes=tuple(
            _season(
                9130,
                1,
                date(1913, 5, 9),
                timedelta(days=91),
                "In the Shadow of the Guillotine",
                "Juve vs. Fantômas",
                "The Murderous Corpse",
                "Fantômas vs. Fantômas",
                "The False Magistrate",
                best=7.0,
            )
        ),
    ),
    Title(
        slug="the-perils-of-pauline",
        kind="show",
        name="The Perils of Pauline",
        released=date(1914, 3, 23),
        imdb="tt0004465",
        tmdb=91401,
        tvdb=414140,
        runtime=30,
        genres=("Action", "Adventure"),
        director="Louis J. Gasnier, Donald MacKenzie",
        overview="An heiress wants a year of adventure before she marries; her guardian hopes that it kills her.",
        awards="1 win",
        on_fanart=False,
        ratings=Ratings(imdb=(6.0, 1_040), tmdb=(6.2, 12), score=60),
        episodes=tuple(
            _season(
                9140,
                1,
                date(1914, 3, 23),
                timedelta(days=14),
                "Through Air and Fire",
                "Goddess of the Far West",
                "The Pirate Treasure",
                "The Deadly Turning",
                "A Watery Doom",
                "The Shattered Plane",
                "The Tragic Plunge",
                "The Serpent in the Flowers",
                "The Floating Coffin",
                best=6.4,
            )
        ),
    ),
    Title(
        slug="les-vampires",
        kind="show",
        name="Les Vampires",
        language="fr",
        countries=("FR",),
        released=date(1915, 11, 13),
        imdb="tt0006206",
        tmdb=91501,
        tvdb=415150,
        runtime=40,
        genres=("Crime", "Thriller"),
        director="Louis Feuillade",
        overview="A reporter follows a gang that rules the Paris underworld, and the woman in black who is its muse.",
        awards="1 win",
        ratings=Ratings(
            imdb=(7.3, 6_210),
            tmdb=(7.3, 96),
            rt=(97, 29),
            rta=(80, 2_204),
            mc=(90, 5),
            trakt=(72, 240),
            lb=(3.9, 15_020),
            score=75,
        ),
        episodes=tuple(
            _season(
                9150,
                1,
                date(1915, 11, 13),
                timedelta(days=23),
                "The Severed Head",
                "The Ring That Kills",
                "The Red Codebook",
                "The Spectre",
                "Dead Man's Escape",
                "Hypnotic Eyes",
                "Satanas",
                "The Thunder Master",
                "The Poisoner",
                "The Terrible Wedding",
                best=7.4,
            )
        ),
    ),
    Title(
        slug="judex",
        kind="show",
        name="Judex",
        language="fr",
        countries=("FR",),
        released=date(1916, 12, 16),
        imdb="tt0006886",
        tmdb=91601,
        tvdb=416160,
        runtime=30,
        genres=("Crime", "Adventure"),
        director="Louis Feuillade",
        overview="A man in a black cape takes justice to a banker who has ruined many.",
        # Nobody has rated it here: a picture without any badge is a case of its own.
        ratings=Ratings(),
        episodes=tuple(
            _season(
                9160,
                1,
                date(1916, 12, 16),
                timedelta(days=7),
                "The Mysterious Shadow",
                "The Atonement",
                "The Fantastic Dog Pack",
                "The Secret of the Tomb",
            )
            + _season(
                9160,
                2,
                date(1918, 1, 25),
                timedelta(days=7),
                "The Mystery of a Summer Night",
                "The Evil Spell",
                "The Woman with Hypnotic Eyes",
            )
        ),
    ),
)
