import pytest

from tests.gateway.doubles import KEY, KEY_ID, SHARE, MemoryStores
from tests.gateway.edge import POSTER, Edge


async def test_a_good_key_is_valid_with_its_limit_and_use(edge: Edge) -> None:
    for _ in range(2):
        await edge.location(POSTER)
    await edge.flush()
    await edge.location(POSTER)  # not stored yet, and counted all the same

    answer = await edge.get(f"/{KEY}/isValid")

    assert (200, {"valid": True, "validity": True, "limit": 10_000, "requestCount": 3}) == (answer.status, answer.json)
    assert ("*", "no-store", "application/json") == (
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Cache-Control"],
        answer.headers["Content-Type"],
    )


@pytest.mark.parametrize("key", ["nonsense", "f" * 64, "h." + "0" * 32])
async def test_a_bad_key_is_not_valid(edge: Edge, key: str) -> None:
    answer = await edge.get(f"/{key}/isValid")

    assert (401, {"valid": False, "validity": False}) == (answer.status, answer.json)
    assert "*" == answer.headers["Access-Control-Allow-Origin"]


@pytest.mark.parametrize("key", [KEY, SHARE])
async def test_requests_tells_use_and_limit(edge: Edge, key: str) -> None:
    await edge.location(POSTER)

    answer = await edge.get(f"/{key}/requests")

    assert (200, {"req": 1, "limit": 10_000}) == (answer.status, answer.json)


async def test_requests_of_a_bad_key_are_refused(edge: Edge) -> None:
    answer = await edge.get("/nonsense/requests")

    assert (401, {"error": "This API key is not valid."}, "*") == (
        answer.status,
        answer.json,
        answer.headers["Access-Control-Allow-Origin"],
    )


async def test_the_free_key_has_no_limit(edge: Edge) -> None:
    answer = await edge.get("/t0-free-rpdb/isValid")

    assert {"valid": True, "validity": True, "limit": 0, "requestCount": 0} == answer.json


async def test_a_known_key_stays_valid_without_postgres(edge: Edge, stores: MemoryStores) -> None:
    await edge.location(POSTER)
    stores.postgres.is_down = True

    answer = await edge.get(f"/{KEY}/isValid")

    assert (200, True, 1) == (answer.status, answer.json["valid"], answer.json["requestCount"])


async def test_whether_an_unknown_key_is_valid_cannot_be_said_without_postgres(
    edge: Edge, stores: MemoryStores
) -> None:
    stores.postgres.is_down = True

    answer = await edge.get(f"/{KEY}/isValid")

    assert (503, "no-store", "5") == (answer.status, answer.headers["Cache-Control"], answer.headers["Retry-After"])


@pytest.mark.parametrize("target", [POSTER, f"/{KEY}/isValid", f"/{KEY}/requests", "/anything/isValid"])
async def test_a_preflight_is_allowed_and_asks_nobody(edge: Edge, stores: MemoryStores, target: str) -> None:
    answer = await edge.get(target, "OPTIONS")

    assert (204, "*", "GET, HEAD, OPTIONS", 0) == (
        answer.status,
        answer.headers["Access-Control-Allow-Origin"],
        answer.headers["Access-Control-Allow-Methods"],
        stores.calls,
    )


async def test_use_of_this_month_is_of_this_month(edge: Edge, stores: MemoryStores) -> None:
    await edge.location(POSTER)
    await edge.flush()
    [(key_id, month)] = stores.usage.stored

    assert (KEY_ID, 1) == (key_id, month.day)
