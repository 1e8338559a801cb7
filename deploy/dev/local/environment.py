"""The environment of the services and embedded parts: the outside environment, completed with the parts' addresses."""

import os
import re
import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path

from deploy.dev.local.ports import HOST, Contract
from deploy.dev.local.postgres import DATABASE
from deploy.dev.local.s3 import ACCESS_KEY, SECRET_KEY
from shared.config.variables import NAMES

# An outside value of the variable replaces the embedded part.
REPLACED_BY = {"postgres": "DATABASE_URL", "valkey": "REDIS_URL", "s3": "S3_ENDPOINT_URL", "demo": "TMDB_API_KEY"}
BUCKET = "marquee"
DEMO = {
    "TMDB_API_URL": "http://{}/tmdb/3",
    "TMDB_IMAGE_URL": "http://{}/tmdb-images/t/p",
    "MDBLIST_API_URL": "http://{}/mdblist",
    "OMDB_API_URL": "http://{}/omdb",
    "FANART_API_URL": "http://{}/fanart/v3",
    "TRAKT_API_URL": "http://{}/trakt",
    "ANILIST_API_URL": "http://{}/anilist",
    "KITSU_API_URL": "http://{}/kitsu/api/edge",
    "ANIME_MAP_URL": "http://{}/anime-map/anime-list-mini.json",
}
"""The variable of each source's URL, with a placeholder for the address of the demo."""

_LISTS = dict.fromkeys(("SASH_TOP_MOVIES", "SASH_TOP_SERIES"), "mdblist:demo/silent-films")
_EMBEDDED = {
    "postgres": {"DATABASE_URL": f"postgresql://postgres@{{}}/{DATABASE}"},
    "valkey": {"REDIS_URL": "redis://{}/0"},
    "s3": {"S3_ENDPOINT_URL": "http://{}", "AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY},
    "demo": {
        **DEMO,
        **{f"{source}_API_KEY": "demo" for source in ("TMDB", "MDBLIST", "OMDB", "FANART")},
        "TRAKT_CLIENT_ID": "demo",
        **_LISTS,
    },
}
"""The variables that point to each embedded part, in the same form."""

_TOLD = re.compile(
    r"DATABASE_URL|REDIS_URL|RENDER_QUEUE_MAX|TMDB_|MDBLIST_|OMDB_|FANART_|TRAKT_|ANILIST_|KITSU_|ANIME_|SASH_|S3_|AWS_"
)
_SECRET = re.compile(r"[0-9a-f]{64}")


def outside_environment(values: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that are set; an empty value counts as unset."""
    return {name: value for name, value in values.items() if value}


def embedded_parts(outside: Mapping[str, str]) -> list[str]:
    """Return the parts to embed, in the order in which they start."""
    return [part for part, variable in REPLACED_BY.items() if variable not in outside]


def service_defaults(contract: Contract, parts: Mapping[str, int], jwt_secret: str) -> dict[str, str]:
    """Return what every service needs, with ``parts`` giving the ports of the embedded ones."""
    content = f"http://{HOST}:{contract.content}"
    defaults = {
        "S3_BUCKET": BUCKET,
        "S3_REGION": "us-east-1",
        "CONTENT_BASE_URL": content,
        "RENDERER_URL": content,
        "JWT_SECRET": jwt_secret,
        "COOKIE_SECURE": "false",  # plain http
        "FREE_KEY_ENABLED": "true",
    }
    for part, port in parts.items():
        defaults |= {name: text.format(f"{HOST}:{port}") for name, text in _EMBEDDED[part].items()}
    return defaults


def write_run_env(file: Path, env: Mapping[str, str]) -> None:
    """Write the addresses of this run's stores and sources to a file for other programs; only its owner can read it.

    The form is a shell's, so that a shell can read it too.
    """
    told = {name: env[name] for name in sorted(env) if name in NAMES and _TOLD.match(name) and env[name]}
    _write_for_owner(file, "".join(f"{name}={shlex.quote(value)}\n" for name, value in told.items()))


def read_run_env(file: Path) -> dict[str, str]:
    """Return what ``write_run_env`` wrote. Raises ``OSError`` (nothing runs) and ``ValueError``."""
    pairs = [word.partition("=") for word in shlex.split(file.read_text(), comments=True)]
    if not all(name in NAMES and equals for name, equals, _ in pairs):
        raise ValueError(f"{file} is not the environment of a run")
    return {name: value for name, _, value in pairs}


def kept_secret(file: Path) -> str:
    """Return the signing secret of this data folder, created on the first run, so that sessions survive a restart."""
    try:
        secret = file.read_text().strip()
    except FileNotFoundError:
        secret = ""
    if _SECRET.fullmatch(secret):
        return secret
    secret = secrets.token_hex(32)
    _write_for_owner(file, f"{secret}\n")
    return secret


def _write_for_owner(file: Path, text: str) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as writer:
        writer.write(text)
    draft.replace(file)
