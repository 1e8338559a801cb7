"""The audit log as admins read it."""

from gateway.admin.audit_api import PAGE
from gateway.db.audit import Action, changing
from shared.stores.postgres import Pool
from tests.gateway.auth.caller import NAME, Caller

PATH = "/api/admin/audit"


async def test_what_was_done_is_told_with_who_and_what(admin: Caller) -> None:
    made = (await admin.post("/api/keys", {"name": "home", "tier": 2})).json
    await admin.ask("PATCH", f"/api/keys/{made['id']}", {"monthly_limit": 5, "disabled": True})
    await admin.ask("DELETE", f"/api/keys/{made['id']}")
    other = (await admin.post("/api/admin/admins", {"username": "other", "password": "battery staple"})).json
    await admin.ask("DELETE", f"/api/admin/admins/{other['id']}")

    page = (await admin.get(PATH)).json

    target = f"key:{made['id']}"
    wish = {"name": "home", "monthly_limit": 0, "direct": False, "tier": 2}
    assert [
        ("admin_deleted", "admin:other", {}),
        ("admin_created", "admin:other", {}),
        ("key_deleted", target, {"name": "home", "key_prefix": made["key_prefix"]}),
        ("key_changed", target, {"monthly_limit": 5, "disabled": True}),
        ("key_created", target, wish),
    ] == [(entry["action"], entry["target"], entry["details"]) for entry in page["entries"][:5]]
    assert {f"admin:{NAME}"} == {entry["actor"] for entry in page["entries"]}
    assert None is page["before"]


async def test_what_is_refused_is_not_written_down(admin: Caller) -> None:
    before = (await admin.get(PATH)).json
    (free,) = (await admin.get("/api/keys?q=t0-free-")).json["keys"]
    await admin.ask("DELETE", f"/api/keys/{free['id']}")
    await admin.ask("PATCH", "/api/keys/999999999", {"name": "x"})
    await admin.post("/api/admin/admins", {"username": NAME, "password": "battery staple"})
    await admin.post("/api/auth/login", {"username": NAME, "password": "wrong horse"})

    assert before == (await admin.get(PATH)).json


async def test_entries_come_in_pages_and_none_is_left_out(admin: Caller, pool: Pool) -> None:
    for number in range(PAGE):
        async with changing(pool, "cli", Action.KEY_CHANGED) as change:
            change.target = f"key:{number}"

    first = (await admin.get(PATH)).json
    second = (await admin.get(f"{PATH}?before={first['before']}")).json

    entries = first["entries"] + second["entries"]
    assert (PAGE, 2, None) == (len(first["entries"]), len(second["entries"]), second["before"])
    assert sorted({entry["id"] for entry in entries}, reverse=True) == [entry["id"] for entry in entries]
    assert 400 == (await admin.get(f"{PATH}?before=0")).status
