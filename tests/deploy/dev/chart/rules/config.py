"""Config: each program starts with its environment, has the disk and the time that it says, and no other's secrets."""

import json
import tempfile
from collections.abc import Iterator, Mapping
from typing import Final

from gateway.app import DRAIN_S as GATEWAY_DRAIN_S
from gateway.config import GatewayConfig, load_gateway
from renderer.config import RendererConfig, load_renderer
from renderer.jobs.worker import DEADLINE_S
from shared.config.environment import ConfigError
from shared.config.process import CLOSE_S
from shared.config.variables import NAMES
from tests.deploy.dev.chart.rendering import OUR_KINDS, Manifest, Rendering, pod_template, program, title

BOTH: Final = frozenset(["DATABASE_URL", "REDIS_URL"])
OF_RENDERER: Final = BOTH | {
    "TMDB_API_KEY",
    "MDBLIST_API_KEY",
    "OMDB_API_KEY",
    "FANART_API_KEY",
    "TRAKT_CLIENT_ID",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "CLOUDFLARE_API_TOKEN",
}
READS: Final = {
    "gateway": BOTH | {"JWT_SECRET", "ADMIN_USERNAME", "ADMIN_PASSWORD"},
    "renderer": OF_RENDERER,
    "renderer.cli": OF_RENDERER,
    "shared.stores.migrate": frozenset(["DATABASE_URL"]),
}
"""The secrets that each program reads."""

SECRETS: Final = frozenset().union(*READS.values())

OF_LIBRARIES: Final = frozenset(["SSL_CERT_FILE", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_ROLE_SESSION_NAME", "TZ"])
"""Variables that libraries read: the first for `caBundle`, the others are examples of `extraEnv`."""

_STAND_INS: Final = {
    "DATABASE_URL": "postgresql://stand-in/marquee",
    "REDIS_URL": "redis://stand-in/0",
    "JWT_SECRET": "0" * 64,
}
"""For secrets that come from elsewhere and have a form; the others take any text."""

_SHORTEST_SECRET: Final = 6
"""Shorter texts are found in any object."""


def config_is_accepted(rendering: Rendering) -> Iterator[str]:
    """Check that every program's own config accepts its environment, and reads each variable in it."""
    for manifest in rendering.of(*OUR_KINDS):
        variables = rendering.variables(manifest)
        if unknown := variables.keys() - NAMES - OF_LIBRARIES:
            yield f"{title(manifest)} sets {', '.join(sorted(unknown))}, which no service reads."
        if program(manifest) == "shared.stores.migrate":
            continue
        try:
            load(manifest, variables)
        except ConfigError as error:
            yield f"{title(manifest)} would not start: {error}"


def load(manifest: Manifest, variables: Mapping[str, str | None]) -> GatewayConfig | RendererConfig:
    """Return the config that a program reads from its environment. Raises ``ConfigError``."""
    texts = {name: _STAND_INS.get(name, "stand-in") if text is None else text for name, text in variables.items()}
    if variables.get("RENDER_CONCURRENCY", "") is None:
        texts["RENDER_CONCURRENCY"] = "2"  # from the limit of the container
    with tempfile.TemporaryDirectory() as folder:
        if "CACHE_DIR" in texts:
            texts["CACHE_DIR"] = folder
        return load_gateway(texts) if program(manifest) == "gateway" else load_renderer(texts)


def drain_fits(rendering: Rendering) -> Iterator[str]:
    """Check that a drain is longer than one drawing, and that the grace period covers all that the code may take."""
    for deployment in rendering.of("Deployment"):
        pod = deployment["spec"]["template"]["spec"]
        grace_s, pause_s = pod["terminationGracePeriodSeconds"], pre_stop_s(deployment)
        if pause_s < 1:
            yield f"{title(deployment)} does not wait in preStop until load balancers stop sending requests."
        try:
            config = load(deployment, rendering.variables(deployment))
        except ConfigError:
            continue  # reported by `config_is_accepted`
        stop_s = GATEWAY_DRAIN_S + CLOSE_S
        if isinstance(config, RendererConfig):
            stop_s = config.stop_s
            if config.drain_s <= DEADLINE_S:
                yield f"{title(deployment)} drains for {config.drain_s:.0f} s; one drawing may take {DEADLINE_S:.0f} s."
        if pause_s + stop_s >= grace_s:
            needs = f"{pause_s} s before and {stop_s:g} s to stop"
            yield f"{title(deployment)} is killed after {grace_s} s, and needs {needs}."


def pre_stop_s(deployment: Manifest) -> int:
    """Return for how many seconds the hook waits that runs before a container is stopped."""
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    hook = container.get("lifecycle", {}).get("preStop", {})
    if "sleep" in hook:
        return int(hook["sleep"]["seconds"])
    digits = "".join(letter for letter in str(hook.get("exec", {}).get("command", "")) if letter.isdigit())
    return int(digits or 0)


def disk_is_large_enough(rendering: Rendering) -> Iterator[str]:
    """Check that a volume is mounted where copies are kept, and only there, with a limit above theirs."""
    for deployment in rendering.of("Deployment"):
        if program(deployment) != "renderer":
            continue
        variables, pod = rendering.variables(deployment), pod_template(deployment)["spec"]
        limits = {
            volume["name"]: volume["emptyDir"]["sizeLimit"] for volume in pod.get("volumes", []) if "emptyDir" in volume
        }
        mounts = pod["containers"][0].get("volumeMounts", [])
        mounted = [mount["mountPath"] for mount in mounts if mount["name"] in limits]
        wanted = [variables.get("CACHE_DIR")] if variables.get("EXTERNAL_CACHE_ONLY") == "false" else []
        if mounted != wanted:
            yield f"{title(deployment)} mounts {mounted} and keeps copies in {wanted}."
        most_mb = int(variables.get("CACHE_DIR_MAX_MB") or 0)
        for limit in limits.values():
            if not limit.endswith("Mi") or int(limit[:-2]) <= most_mb:
                yield f"{title(deployment)} is evicted at {limit}, and its copies may take {most_mb} MB."


def secrets_stay_secret(rendering: Rendering) -> Iterator[str]:
    """Check that secrets are in Secrets only, and that each program gets only those that it reads."""
    texts = {text for secret in rendering.of("Secret") for text in secret["stringData"].values()}
    known = {text for text in texts if len(text) >= _SHORTEST_SECRET}
    for manifest in rendering.manifests:
        if manifest["kind"] == "Secret":
            continue
        if any(text in json.dumps(manifest, ensure_ascii=False) for text in known):
            yield f"{title(manifest)} shows a secret."
        if manifest["kind"] == "ConfigMap" and (named := SECRETS & manifest["data"].keys()):
            yield f"{title(manifest)} holds {', '.join(sorted(named))}, which belong in a Secret."
    for manifest in rendering.of(*OUR_KINDS):
        variables = rendering.variables(manifest)
        if foreign := (SECRETS & variables.keys()) - READS[program(manifest)]:
            yield f"{title(manifest)} is given {', '.join(sorted(foreign))}, which it does not read."
        if plain := {name for name in SECRETS & variables.keys() if variables[name] is not None}:
            yield f"{title(manifest)} has {', '.join(sorted(plain))} as plain text."
