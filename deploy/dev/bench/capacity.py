"""Capacity estimate: what 10,000 requests a second and 10 million titles need, computed from measured figures."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final

from deploy.dev.bench.results import markdown

REQUESTS_S: Final = 10_000
TITLES: Final = 10_000_000
PICTURES_A_TITLE: Final = 1.5  # most titles are requested with one set of settings, some with several
LARGE_SHARE: Final = 0.1
EDGE_HITS: Final = 0.95
MEMORY_HITS: Final = 0.5  # of the requests that pass the CDN
FILL_DAYS: Final = 90
REFRESHED_A_DAY: Final = 0.01  # of all pictures; pictures with final ratings are not refreshed
PEAK: Final = 5
"""The busiest minute compared with the mean, for drawn pictures."""

FULL: Final = 0.6
"""How full a core may be in the busiest minute."""

GET_USD_MILLION: Final = 0.40
PUT_USD_MILLION: Final = 5.00
GIB_USD_MONTH: Final = 0.023
_DAY_S: Final = 86_400
_MONTH_S: Final = 30 * _DAY_S
_PICTURES: Final = TITLES * PICTURES_A_TITLE
_PAST_S: Final = REQUESTS_S * (1 - EDGE_HITS)
_DRAWN_S: Final = (_PICTURES / FILL_DAYS + _PICTURES * REFRESHED_A_DAY) / _DAY_S
_PEAK_S: Final = _DRAWN_S * PEAK

Row = tuple[str, str, str]


def reckoned(figures: Mapping[str, float]) -> str:
    """Return the table; ``figures`` are those of ``MIX.md``, as numbers in their units."""
    return markdown(("What", "Arithmetic", "Comes to"), [*_processors(figures), *_stores(figures), *_bucket(figures)])


def _processors(figures: Mapping[str, float]) -> Iterator[Row]:
    redirect_us, hit_us = figures["redirect: gateway processor time"], figures["hit: renderer processor time"]
    drawn_ms = figures["cold medium poster: renderer processor time"]
    mean = f"{_PICTURES:,.0f} ÷ {FILL_DAYS} days + {_PICTURES:,.0f} × {REFRESHED_A_DAY:.0%} a day"
    cores = _cores(REQUESTS_S * redirect_us / 1e6)
    yield "gateways", f"{REQUESTS_S:,}/s × {redirect_us:.0f} µs ÷ {FULL:.0%}", cores
    yield "pictures asked for past the edge", f"{REQUESTS_S:,}/s × {1 - EDGE_HITS:.0%}", f"{_PAST_S:,.0f}/s"
    yield "renderers, content", f"{_PAST_S:,.0f}/s × {hit_us:.0f} µs ÷ {FULL:.0%}", _cores(_PAST_S * hit_us / 1e6)
    yield "pictures drawn, mean", mean, f"{_DRAWN_S:.1f}/s"
    drawing = f"{_DRAWN_S:.1f}/s × {PEAK} × {drawn_ms:.1f} ms ÷ {FULL:.0%}"
    yield "renderers, drawing", drawing, _cores(_PEAK_S * drawn_ms / 1e3)


def _stores(figures: Mapping[str, float]) -> Iterator[Row]:
    asked, hit, cold = (figures[f"{what}: Redis commands"] for what in ("redirect", "hit", "cold"))
    transactions, picture_b = figures["cold: Postgres transactions"], figures["Postgres: one picture"]
    title_b = figures["Postgres: one title with its aliases and reports"]
    commands = f"{REQUESTS_S:,}/s × {asked:.3f} + {_PAST_S:,.0f}/s × {hit:.3f} + {_PEAK_S:.0f}/s × {cold:.1f}"
    yield "Redis", commands, f"{REQUESTS_S * asked + _PAST_S * hit + _PEAK_S * cold:,.0f} commands/s"
    work = f"{_PEAK_S:.0f}/s × {transactions:.1f}"
    yield "Postgres, work", work, f"{_PEAK_S * transactions:,.0f} transactions/s"
    rows = f"{TITLES:,} × {title_b:,.0f} B + {_PICTURES:,.0f} × {picture_b:,.0f} B"
    yield "Postgres, rows", rows, f"{(TITLES * title_b + _PICTURES * picture_b) / 2**30:,.0f} GiB"


def _bucket(figures: Mapping[str, float]) -> Iterator[Row]:
    medium, large = figures["medium poster: bytes in S3"], figures["large poster: bytes in S3"]
    mean_kib, put = medium * (1 - LARGE_SHARE) + large * LARGE_SHARE, figures["cold: S3 PUT"]
    gets_s, puts_s, stored_gib = _PAST_S * (1 - MEMORY_HITS), _DRAWN_S * put, _PICTURES * mean_kib / 2**20
    gets, puts = gets_s * _MONTH_S / 1e6, puts_s * _MONTH_S / 1e6
    month = f"{gets:,.0f} M × ${GET_USD_MILLION:.2f} + {puts:,.1f} M × ${PUT_USD_MILLION:.2f} + GiB × ${GIB_USD_MONTH}"
    month_usd = gets * GET_USD_MILLION + puts * PUT_USD_MILLION + stored_gib * GIB_USD_MONTH
    million = f"{1 - EDGE_HITS:.0%} × {1 - MEMORY_HITS:.0%} × ${GET_USD_MILLION:.2f}"
    million_usd = (1 - EDGE_HITS) * (1 - MEMORY_HITS) * GET_USD_MILLION
    yield "S3, bytes", f"{_PICTURES:,.0f} × {mean_kib:.0f} KiB", f"{stored_gib:,.0f} GiB"
    yield "S3, reads", f"{_PAST_S:,.0f}/s × {1 - MEMORY_HITS:.0%}", f"{gets_s:,.0f}/s"
    yield "S3, writes", f"{_DRAWN_S:.1f}/s × {put:.2f}", f"{puts_s:.1f}/s"
    yield "S3, a month while it fills", month, f"${month_usd:,.0f}"
    yield "S3, a million requests", million, f"${million_usd:.3f}"
    yield "S3, a million drawn pictures", f"{put:.2f} × ${PUT_USD_MILLION:.2f}", f"${put * PUT_USD_MILLION:.2f}"


def _cores(used: float) -> str:
    return f"{used:.2f} cores used, {max(2, ceil(used / FULL))} to have"
