import hashlib
from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as st

from shared.concurrency.packed_table import PackedTable


def digest(number: int, width: int = 16) -> bytes:
    return hashlib.sha256(number.to_bytes(8)).digest()[:width]


def test_a_digest_is_found_with_its_numbers() -> None:
    table = PackedTable(1000, "qf")
    for number in range(500):
        table.put(digest(number), number, number / 4)

    assert [(number, number / 4) for number in range(500)] == [table.get(digest(number)) for number in range(500)]
    assert (500, None) == (len(table), table.get(digest(500)))
    assert {(digest(number), number, number / 4) for number in range(500)} == set(table)


def test_a_full_table_forgets_the_oldest_of_a_bucket_and_tells_which() -> None:
    table = PackedTable(20, "I")
    former = [table.put(digest(number), number) for number in range(30)]

    assert [None] * 20 + [digest(number) for number in range(10)] == former
    assert list(range(10, 30)) == [number for number in range(30) if digest(number) in table]
    assert 20 == len(table)


def test_a_table_of_many_buckets_holds_as_much_as_it_may_and_no_more() -> None:
    table = PackedTable(5_000, "I")
    for number in range(20_000):
        table.put(digest(number), number)

    kept = [number for number in range(20_000) if digest(number) in table]
    assert 5_000 == len(table) == len(kept)
    assert sum(number >= 10_000 for number in kept) > 4_500


def test_an_equal_digest_replaces_its_numbers_and_makes_no_room() -> None:
    table = PackedTable(2, "I")

    former = [table.put(digest(number), turn) for turn in range(3) for number in range(2)]

    assert ([None] * 6, (2,)) == (former, table.get(digest(1)))


def test_a_cleared_table_has_no_digest() -> None:
    table = PackedTable(10)
    table.put(digest(1))

    table.clear()

    assert (0, False) == (len(table), digest(1) in table)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=300), st.sampled_from([8, 16]))
def test_a_table_of_one_bucket_holds_what_an_ordered_dictionary_of_its_size_holds(
    steps: list[tuple[bool, int]], width: int
) -> None:
    table, model = PackedTable(12, "I", width=width), OrderedDict[int, int]()
    for turn, (is_put, number) in enumerate(steps):
        if is_put:
            oldest = next(iter(model)) if number not in model and len(model) == 12 else None
            if oldest is not None:
                model.pop(oldest, None)
            model[number] = turn
            former = table.put(digest(number, width), turn)
            assert (None if oldest is None else digest(oldest, width)) == former
        else:
            model.pop(number, None)
            table.discard(digest(number, width))

    assert [(digest(number, width), turn) for number, turn in model.items()] == list(table)
    assert len(model) == len(table)


def test_bytes_that_look_like_a_digest_across_two_fields_are_not_taken_for_it() -> None:
    table = PackedTable(10, "8s", width=8)
    table.put(b"aaaabbbb", b"ccccdddd")
    table.put(b"eeeeffff", b"bbbbcccc")

    assert [None] * 3 == [table.get(text) for text in (b"bbbbcccc", b"ccccdddd", b"ddddeeee")]
    table.put(b"bbbbcccc", b"12345678")
    table.discard(b"ccccdddd")
    assert [(b"ccccdddd",), (b"12345678",)] == [table.get(text) for text in (b"aaaabbbb", b"bbbbcccc")]
