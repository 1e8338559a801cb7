"""Secrets: they are in Secrets alone, and each pod is given only those that its process reads."""

import json
from collections.abc import Iterator
from typing import Final

from deploy.dev.chart.rendering import Rendering, program, title

BOTH: Final = frozenset(["DATABASE_URL", "REDIS_URL"])
OF: Final = {
    "gateway": BOTH | {"JWT_SECRET", "ADMIN_USERNAME", "ADMIN_PASSWORD"},
    "renderer": BOTH
    | {
        "TMDB_API_KEY",
        "MDBLIST_API_KEY",
        "OMDB_API_KEY",
        "FANART_API_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "CLOUDFLARE_API_TOKEN",
    },
    "shared.stores.migrate": frozenset(["DATABASE_URL"]),
}
"""The secrets that each program reads."""

SECRETS: Final = frozenset().union(*OF.values())


def secrets_stay_secret(rendering: Rendering) -> Iterator[str]:
    """See that no secret is in a ConfigMap or written into a pod, or goes to a process that does not read it."""
    known = {
        text
        for secret in rendering.of("Secret")
        for text in secret["stringData"].values()
        if len(text) >= 6  # noqa: PLR2004 - a shorter one is found in any text
    }
    for manifest in rendering.manifests:
        if manifest["kind"] == "Secret":
            continue
        if any(text in json.dumps(manifest, ensure_ascii=False) for text in known):
            yield f"{title(manifest)} shows a secret."
        if manifest["kind"] == "ConfigMap" and (named := SECRETS & manifest["data"].keys()):
            yield f"{title(manifest)} holds {', '.join(sorted(named))}; a ConfigMap is no place for a secret."
    for manifest in (*rendering.of("Deployment"), *rendering.of("Job")):
        told = rendering.variables(manifest)
        if foreign := (SECRETS & told.keys()) - OF[program(manifest)]:
            yield f"{title(manifest)} is given {', '.join(sorted(foreign))}, which it does not read."
        if plain := {name for name in SECRETS & told.keys() if told[name] is not None}:
            yield f"{title(manifest)} has {', '.join(sorted(plain))} written into it."
