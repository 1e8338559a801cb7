"""Capacity estimate: what 10,000 requests a second and 10 million titles need, computed from what visits cost."""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Final

from deploy.dev.bench.results import markdown
from deploy.dev.bench.stage import Spent
from deploy.dev.bench.visits_page import COLD, COLD_LARGE, HITS, REDIRECTS

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

_ABOUT: Final = """\
## Capacity

What 10,000 requests a second and 10 million titles need, computed from the visits above. deploy/README.md has the
assumptions.
"""

Row = tuple[str, str, str]


def capacity(totals: Mapping[str, Spent], bytes_each: Mapping[str, float]) -> str:
    """Return the table with its heading, from visits of one renderer and the bytes of each row of a table."""
    rows = [*_processors(totals), *_stores(totals, bytes_each), *_bucket(totals)]
    return f"{_ABOUT}\n{markdown(('What', 'Arithmetic', 'Comes to'), rows)}"


def _processors(totals: Mapping[str, Spent]) -> Iterator[Row]:
    redirect_us, hit_us = totals[REDIRECTS].cpu_ms("gateway") * 1000, totals[HITS].cpu_ms("renderer") * 1000
    drawn_ms = totals[COLD].cpu_ms("renderer")
    mean = f"{_PICTURES:,.0f} ÷ {FILL_DAYS} days + {_PICTURES:,.0f} × {REFRESHED_A_DAY:.0%} a day"
    cores = _cores(REQUESTS_S * redirect_us / 1e6)
    yield "gateways", f"{REQUESTS_S:,}/s × {redirect_us:.0f} µs ÷ {FULL:.0%}", cores
    yield "pictures requested past the edge", f"{REQUESTS_S:,}/s × {1 - EDGE_HITS:.0%}", f"{_PAST_S:,.0f}/s"
    yield "renderers, content", f"{_PAST_S:,.0f}/s × {hit_us:.0f} µs ÷ {FULL:.0%}", _cores(_PAST_S * hit_us / 1e6)
    yield "pictures drawn, mean", mean, f"{_DRAWN_S:.1f}/s"
    drawing = f"{_DRAWN_S:.1f}/s × {PEAK} × {drawn_ms:.1f} ms ÷ {FULL:.0%}"
    yield "renderers, drawing", drawing, _cores(_PEAK_S * drawn_ms / 1e3)


def _stores(totals: Mapping[str, Spent], bytes_each: Mapping[str, float]) -> Iterator[Row]:
    asked, hit, cold = (totals[what].each("redis commands") for what in (REDIRECTS, HITS, COLD))
    transactions, (picture_b, title_b) = totals[COLD].each("postgres transactions"), bytes_each.values()
    commands = f"{REQUESTS_S:,}/s × {asked:.3f} + {_PAST_S:,.0f}/s × {hit:.3f} + {_PEAK_S:.0f}/s × {cold:.1f}"
    yield "Redis", commands, f"{REQUESTS_S * asked + _PAST_S * hit + _PEAK_S * cold:,.0f} commands/s"
    work = f"{_PEAK_S:.0f}/s × {transactions:.1f}"
    yield "Postgres, work", work, f"{_PEAK_S * transactions:,.0f} transactions/s"
    rows = f"{TITLES:,} × {title_b:,.0f} B + {_PICTURES:,.0f} × {picture_b:,.0f} B"
    yield "Postgres, rows", rows, f"{(TITLES * title_b + _PICTURES * picture_b) / 2**30:,.0f} GiB"


def _bucket(totals: Mapping[str, Spent]) -> Iterator[Row]:
    medium, large = (totals[what].asked["s3 bytes"] / totals[what].asked["s3 PUT"] for what in (COLD, COLD_LARGE))
    mean_kib, put = (medium * (1 - LARGE_SHARE) + large * LARGE_SHARE) / 1024, totals[COLD].each("s3 PUT")
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
