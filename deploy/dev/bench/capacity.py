"""Capacity on paper: what 10,000 requests a second and 10 million titles need, reckoned from measured figures."""

from collections.abc import Mapping
from math import ceil
from typing import Final

from deploy.dev.bench.tables import markdown

REQUESTS_S: Final = 10_000
TITLES: Final = 10_000_000
PICTURES_A_TITLE: Final = 1.5  # most titles are seen with one look, some with several
LARGE_SHARE: Final = 0.1
EDGE_HITS: Final = 0.95
MEMORY_HITS: Final = 0.5  # of what passes the edge
FILL_DAYS: Final = 90
REFRESHED_A_DAY: Final = 0.01  # of all pictures; settled films are not looked at again
PEAK: Final = 5
"""The busiest minute against the mean, for what is drawn."""

FULL: Final = 0.6
"""How full a core may be in the busiest minute."""

GET_USD_MILLION: Final = 0.40
PUT_USD_MILLION: Final = 5.00
GIB_USD_MONTH: Final = 0.023
_DAY_S: Final = 86_400
_MONTH_S: Final = 30 * _DAY_S


def reckoned(figures: Mapping[str, float]) -> str:
    """Return the table; ``figures`` are those of ``MIX.md``, as numbers in their units."""
    return markdown(("What", "Arithmetic", "Comes to"), [*_processors(figures), *_stores(figures), *_bucket(figures)])


def _processors(figures: Mapping[str, float]) -> list[tuple[str, str, str]]:
    redirect_us, hit_us = figures["redirect: gateway processor time"], figures["hit: renderer processor time"]
    drawn_ms, drawn_s = figures["cold medium poster: renderer processor time"], _drawn_s()
    past_s = REQUESTS_S * (1 - EDGE_HITS)
    pictures = TITLES * PICTURES_A_TITLE
    return [
        (
            "gateways",
            f"{REQUESTS_S:,}/s × {redirect_us:.0f} µs ÷ {FULL:.0%}",
            _cores(REQUESTS_S * redirect_us / 1e6),
        ),
        (
            "pictures asked for past the edge",
            f"{REQUESTS_S:,}/s × {1 - EDGE_HITS:.0%}",
            f"{past_s:,.0f}/s",
        ),
        (
            "renderers, content",
            f"{past_s:,.0f}/s × {hit_us:.0f} µs ÷ {FULL:.0%}",
            _cores(past_s * hit_us / 1e6),
        ),
        (
            "pictures drawn, mean",
            f"{pictures:,.0f} ÷ {FILL_DAYS} days + {pictures:,.0f} × {REFRESHED_A_DAY:.0%} a day",
            f"{drawn_s:.1f}/s",
        ),
        (
            "renderers, drawing",
            f"{drawn_s:.1f}/s × {PEAK} × {drawn_ms:.1f} ms ÷ {FULL:.0%}",
            _cores(drawn_s * PEAK * drawn_ms / 1e3),
        ),
    ]


def _stores(figures: Mapping[str, float]) -> list[tuple[str, str, str]]:
    past_s, peak_s, pictures = REQUESTS_S * (1 - EDGE_HITS), _drawn_s() * PEAK, TITLES * PICTURES_A_TITLE
    asked, hit, cold = (figures[f"{what}: Redis commands"] for what in ("redirect", "hit", "cold"))
    transactions = figures["cold: Postgres transactions"]
    title_bytes = figures["Postgres: one title with its aliases and reports"]
    picture_bytes = figures["Postgres: one picture"]
    return [
        (
            "Redis",
            f"{REQUESTS_S:,}/s × {asked:.3f} + {past_s:,.0f}/s × {hit:.3f} + {peak_s:.0f}/s × {cold:.1f}",
            f"{REQUESTS_S * asked + past_s * hit + peak_s * cold:,.0f} commands/s",
        ),
        (
            "Postgres, work",
            f"{peak_s:.0f}/s × {transactions:.1f}",
            f"{peak_s * transactions:,.0f} transactions/s",
        ),
        (
            "Postgres, rows",
            f"{TITLES:,} × {title_bytes:,.0f} B + {pictures:,.0f} × {picture_bytes:,.0f} B",
            f"{(TITLES * title_bytes + pictures * picture_bytes) / 2**30:,.0f} GiB",
        ),
    ]


def _bucket(figures: Mapping[str, float]) -> list[tuple[str, str, str]]:
    past_s, pictures = REQUESTS_S * (1 - EDGE_HITS), TITLES * PICTURES_A_TITLE
    medium, large = figures["medium poster: bytes in S3"], figures["large poster: bytes in S3"]
    mean_kib = medium * (1 - LARGE_SHARE) + large * LARGE_SHARE
    stored_gib = pictures * mean_kib / 2**20
    gets_s, puts_s = past_s * (1 - MEMORY_HITS), _drawn_s() * figures["cold: S3 PUT"]
    gets, puts = gets_s * _MONTH_S / 1e6, puts_s * _MONTH_S / 1e6
    return [
        ("S3, bytes", f"{pictures:,.0f} × {mean_kib:.0f} KiB", f"{stored_gib:,.0f} GiB"),
        ("S3, reads", f"{past_s:,.0f}/s × {1 - MEMORY_HITS:.0%}", f"{gets_s:,.0f}/s"),
        ("S3, writes", f"{_drawn_s():.1f}/s × {figures['cold: S3 PUT']:.2f}", f"{puts_s:.1f}/s"),
        (
            "S3, a month while it fills",
            f"{gets:,.0f} M × ${GET_USD_MILLION:.2f} + {puts:,.1f} M × ${PUT_USD_MILLION:.2f} + GiB × ${GIB_USD_MONTH}",
            f"${gets * GET_USD_MILLION + puts * PUT_USD_MILLION + stored_gib * GIB_USD_MONTH:,.0f}",
        ),
        (
            "S3, a million requests",
            f"{1 - EDGE_HITS:.0%} × {1 - MEMORY_HITS:.0%} × ${GET_USD_MILLION:.2f}",
            f"${(1 - EDGE_HITS) * (1 - MEMORY_HITS) * GET_USD_MILLION:.3f}",
        ),
        (
            "S3, a million drawn pictures",
            f"{figures['cold: S3 PUT']:.2f} × ${PUT_USD_MILLION:.2f}",
            f"${figures['cold: S3 PUT'] * PUT_USD_MILLION:.2f}",
        ),
    ]


def _drawn_s() -> float:
    pictures = TITLES * PICTURES_A_TITLE
    return (pictures / FILL_DAYS + pictures * REFRESHED_A_DAY) / _DAY_S


def _cores(used: float) -> str:
    return f"{used:.2f} cores used, {max(2, ceil(used / FULL))} to have"
