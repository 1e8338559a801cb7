"""Counts in packed pages are those of a plain dictionary, and take a fifth of its memory."""

import random
from collections import Counter

import pytest

from gateway.keys.usage_table import PAGE_BYTES, UsageTable
from tests.memory_growth import memory_growth

IDS = [1, 2, 63, 64, 65, 127, 128, 5_000, 1 << 40]


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_a_dictionary(seed: int) -> None:
    chance, table = random.Random(seed), UsageTable(100)  # noqa: S311 - guards nothing
    totals, new, taken = Counter[int](), Counter[int](), Counter[int]()
    for _ in range(2000):
        key_id, way = chance.choice(IDS), chance.random()
        if way < 0.8:
            table.count(key_id)
            new[key_id] += 1
        elif way < 0.9:
            part = table.take(chance.randrange(1, 4))
            totals.update(part)
            taken.update(part)
            new.subtract(part)
        elif way < 0.98:
            if table.used(key_id):
                totals[key_id] = chance.randrange(1 << 40)
            table.set_total(key_id, totals[key_id])
        else:
            table.clear_totals()
            totals.clear()

        assert [(totals[each] + new[each], new[each]) for each in IDS] == [
            (table.used(each), table.new(each)) for each in IDS
        ]
        assert sum(number > 0 for number in new.values()) == table.changed
    assert taken


def test_the_oldest_pages_are_forgotten_but_nothing_new() -> None:
    table = UsageTable(2)
    for page in range(4):
        table.count(page * 64)
    table.take(4)
    table.count(0)

    table.trim()

    assert [2, 0, 1, 1] == [table.used(page * 64) for page in range(4)]
    assert {0: 1} == table.take(10)


def test_a_hundred_thousand_keys_take_less_than_twenty_bytes_each() -> None:
    table = UsageTable(10_000)

    def count_all() -> None:
        for key_id in range(100_000):
            table.count(key_id)
        while table.take(5000):
            pass
        assert 1 == table.used(99_999)

    growth = memory_growth(count_all)

    assert growth < 20 * 100_000
    assert growth / (100_000 / 64) < PAGE_BYTES
