from hypothesis import given
from hypothesis import strategies as st

from shared.http.connection_order import ConnectionOrder


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"))))
def test_the_order_and_the_address_with_most_are_right_after_any_changes(steps: list[tuple[int, str]]) -> None:
    order: ConnectionOrder[int] = ConnectionOrder()
    there: dict[int, str] = {}

    for number, address in steps:
        if number in there:
            assert there.pop(number) == order.remove(number)
        else:
            order.add(number, address)
            there[number] = address
        by_address = {each: [n for n, its in there.items() if its == each] for each in "abc"}
        assert list(there) == list(order.all())
        assert by_address == {each: list(order.of(each)) for each in "abc"}
        assert len(there) == len(order)
        largest = list(order.of_largest())
        assert largest in by_address.values()
        assert len(largest) == max(map(len, by_address.values()))


def test_what_is_not_there_is_not_removed() -> None:
    order: ConnectionOrder[int] = ConnectionOrder()

    assert order.remove(1) is None
    assert [] == list(order.of_largest())
