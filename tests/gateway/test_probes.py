from tests.gateway.doubles import MemoryStores
from tests.gateway.edge import Edge


async def test_a_gateway_that_answers_is_alive(edge: Edge) -> None:
    answer = await edge.get("/livez")

    assert (200, "no-store") == (answer.status, answer.headers["Cache-Control"])


async def test_readiness_tells_how_each_store_is(edge: Edge) -> None:
    answer = await edge.get("/readyz")

    assert (200, True, {"postgres", "redis"}) == (answer.status, answer.json["ready"], set(answer.json["checks"]))


async def test_a_gateway_without_its_stores_is_ready_for_what_it_remembers(edge: Edge, stores: MemoryStores) -> None:
    stores.postgres.is_down = True

    answer = await edge.get("/readyz")

    checks = {name: check["ok"] for name, check in answer.json["checks"].items()}
    assert (200, {"postgres": False, "redis": True}) == (answer.status, checks)


async def test_a_gateway_that_is_leaving_is_not_ready(edge: Edge) -> None:
    edge.probes.leave()

    answer = await edge.get("/readyz")

    assert (503, False) == (answer.status, answer.json["ready"])
