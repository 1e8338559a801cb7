"""What an operator may say, what is refused, and what becomes of it."""

import json
from typing import Any

import pytest
import yaml

from renderer.config import SHORTEST_DRAIN_S
from renderer.jobs.worker import DEADLINE_S
from shared.config.process import CLOSE_S
from shared.domain.version import VERSION
from tests.deploy.dev.chart.helm import Helm, HelmRefused
from tests.deploy.dev.chart.rendering import NEWEST, Rendering, render
from tests.deploy.dev.chart.rules.config import pre_stop_s


def deployed(rendering: Rendering, component: str) -> dict[str, Any]:
    """Return the pod of a Deployment."""
    found = rendering.named("Deployment", f"release-marquee-{component}")
    assert found is not None
    pod: dict[str, Any] = found["spec"]["template"]["spec"]
    return pod


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("gateway.config.COOKIE_SECRE=true",), "additional properties 'COOKIE_SECRE' not allowed"),
        (("gateway.replica=3",), "additional properties 'replica' not allowed"),
        (("monitoring.dashbords.enabled=true",), "additional properties 'dashbords' not allowed"),
        (("gateway.resources.request.cpu=1",), "additional properties 'request' not allowed"),
        (("renderer.config.IMAGE_QUALITY=101",), "maximum: got 101, want 100"),
        (("renderer.config.HOUSEKEEPING_DAYS=3",), "minimum: got 3, want 7"),
        (("config.LOG_LEVEL=loud",), "value must be one of"),
        (("config.CONTENT_BASE_URL=posters.example",), "does not match pattern"),
        (("gateway.image.digest=sha256:abc",), "does not match pattern"),
        (("config.CONTENT_BASE_URL=",), "config.CONTENT_BASE_URL is required"),
        (("renderer.config.S3_BUCKET=",), "renderer.config.S3_BUCKET is required"),
        (("secrets.existingSecret=",), "secrets.DATABASE_URL is required: give a value, or name an existingSecret"),
        (
            ("secrets.JWT_SECRET.value=a", "secrets.JWT_SECRET.existingSecret=b"),
            "secrets.JWT_SECRET has both a value and an existingSecret; set only one of them.",
        ),
        (("ingress.enabled=true",), "ingress.hosts is required with ingress.enabled."),
        (("httpRoute.enabled=true",), "httpRoute.parentRefs is required with httpRoute.enabled."),
        (("renderer.keda.enabled=true",), "renderer.keda.redis.address is required"),
        (
            ("renderer.keda.enabled=true", "renderer.keda.redis.address=valkey:6379", "renderer.keda.minReplicas=0"),
            "renderer.keda.minReplicas is 0, but without renderer.split nothing would serve pictures.",
        ),
        (("jobs.prewarm.enabled=true",), "jobs.prewarm needs ids, or args that name a list."),
        (("jobs.prewarm.ids={tt1 tt2}",), "does not match pattern"),
        (("jobs.prewarm.schedule=nightly",), "does not match pattern"),
        (("jobs.rebuildIndex.schedule=@daily",), "additional properties 'schedule' not allowed"),
        (("gateway.autoscaling.enabled=true",), "gateway.autoscaling needs gateway.resources.requests.cpu"),
    ],
)
def test_a_value_that_cannot_be_meant_is_refused(helm: Helm, settings: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        render(helm, "minimal", *settings)

    assert sentence in str(refused.value)


def test_an_old_kubernetes_is_refused(helm: Helm) -> None:
    with pytest.raises(HelmRefused, match=r"requires kubeVersion: >=1\.29"):
        render(helm, "minimal", kubernetes="1.28")


def test_the_shortest_drain_is_longer_than_a_drawing() -> None:
    assert SHORTEST_DRAIN_S > DEADLINE_S


@pytest.mark.parametrize("kubernetes", ["1.29", "1.30", NEWEST])
def test_the_grace_is_the_pause_and_the_drain_and_the_closing(helm: Helm, kubernetes: str) -> None:
    rendering = render(helm, "drain", kubernetes=kubernetes)

    for deployment in rendering.of("Deployment"):
        assert 15 + 60 + 20 == deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        assert 15 == pre_stop_s(deployment)
    assert "60" == rendering.variables(rendering.of("Deployment")[-1])["DRAIN_SECS"]
    assert CLOSE_S < 20


@pytest.mark.parametrize(("wait_ms", "grace_s"), [(0, 5 + 25 + 10), (22_999, 5 + 25 + 10), (59_500, 5 + 62 + 10)])
def test_the_grace_grows_with_a_wait_that_is_longer_than_the_drain(helm: Helm, wait_ms: int, grace_s: int) -> None:
    rendering = render(helm, "minimal", f"renderer.config.RENDER_WAIT_MS={wait_ms}")

    graces = {each["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] for each in rendering.of("Deployment")}
    assert {grace_s} == graces


def test_where_the_kubelet_cannot_sleep_the_container_does(helm: Helm) -> None:
    old, new = (deployed(render(helm, "minimal", kubernetes=each), "gateway") for each in ("1.29", "1.30"))

    hooks = [pod["containers"][0]["lifecycle"]["preStop"] for pod in (old, new)]
    assert [{"exec": {"command": ["python", "-c", "import time; time.sleep(5)"]}}, {"sleep": {"seconds": 5}}] == hooks


def test_every_secret_can_come_from_one_secret_or_from_one_of_its_own(helm: Helm) -> None:
    pod = deployed(render(helm, "existing-secrets"), "gateway")

    told = {each["name"]: each["valueFrom"]["secretKeyRef"] for each in pod["containers"][0]["env"]}
    assert {"name": "marquee-app", "key": "uri"} == told["DATABASE_URL"]
    assert {"name": "marquee", "key": "JWT_SECRET"} == told["JWT_SECRET"]
    assert {"name": "marquee", "key": "ADMIN_PASSWORD", "optional": True} == told["ADMIN_PASSWORD"]


def test_with_secrets_from_elsewhere_the_release_holds_none(helm: Helm) -> None:
    assert [] == render(helm, "existing-secrets").of("Secret")


def test_the_migration_brings_its_own_secret_with_nothing_but_the_database(helm: Helm) -> None:
    rendering = render(helm, "trial")

    secret = rendering.named("Secret", "release-marquee-migrate")
    assert secret is not None
    assert {"DATABASE_URL": "postgresql://marquee:password@postgres/marquee"} == secret["stringData"]
    weights = [int(each["metadata"]["annotations"]["helm.sh/hook-weight"]) for each in (secret, rendering.of("Job")[0])]
    assert weights == sorted(weights)
    assert weights[0] < weights[1]


def test_a_change_of_the_config_or_of_a_secret_rolls_only_those_who_are_told(helm: Helm) -> None:
    before = render(helm, "trial")
    after = render(helm, "trial", "gateway.config.COOKIE_SECURE=false", "secrets.TMDB_API_KEY.value=other")

    def checksums(rendering: Rendering, name: str) -> tuple[str, str]:
        found = rendering.named("Deployment", f"release-marquee-{name}")
        assert found is not None
        notes = found["spec"]["template"]["metadata"]["annotations"]
        return notes["checksum/config"], notes["checksum/secrets"]

    gateway = zip(checksums(before, "gateway"), checksums(after, "gateway"), strict=True)
    renderer = zip(checksums(before, "renderer"), checksums(after, "renderer"), strict=True)
    assert [False, True] == [old == new for old, new in gateway]
    assert [True, False] == [old == new for old, new in renderer]


def test_an_image_is_named_by_registry_tag_and_digest(helm: Helm) -> None:
    plain, pinned = render(helm, "minimal"), render(helm, "images")

    images = [deployed(each, "gateway")["containers"][0]["image"] for each in (plain, pinned)]
    digest = "sha256:" + "a" * 64
    assert [f"marquee/gateway:{VERSION}", f"images.example:5000/team/marquee/gateway:0.1.0-edge@{digest}"] == images


def test_local_disk_is_a_volume_only_where_it_is_wanted(helm: Helm) -> None:
    without, wanted = (deployed(render(helm, option), "renderer") for option in ("minimal", "disk"))

    assert "volumes" not in without
    assert [{"name": "copies", "emptyDir": {"sizeLimit": "5184Mi"}}] == wanted["volumes"]


def test_a_renderer_draws_as_many_at_once_as_its_limit_has_processors(helm: Helm) -> None:
    limited = deployed(render(helm, "keda"), "renderer")["containers"][0]["env"]
    told = deployed(render(helm, "keda", "renderer.config.RENDER_CONCURRENCY=3"), "renderer")["containers"][0]["env"]

    by_limit = {"resourceFieldRef": {"containerName": "renderer", "resource": "limits.cpu"}}
    assert by_limit in [each.get("valueFrom") for each in limited]
    assert by_limit not in [each.get("valueFrom") for each in told]


def test_split_in_two_each_has_its_part_and_its_number(helm: Helm) -> None:
    rendering = render(helm, "split")

    roles = {
        each["metadata"]["name"]: rendering.variables(each).get("RENDERER_ROLE") for each in rendering.of("Deployment")
    }
    assert {
        "release-marquee-gateway": None,
        "release-marquee-content": "content",
        "release-marquee-worker": "worker",
    } == roles
    assert "release-marquee-worker" == rendering.of("ScaledObject")[0]["spec"]["scaleTargetRef"]["name"]
    assert 0 == rendering.of("ScaledObject")[0]["spec"]["minReplicaCount"]


def test_nothing_that_needs_other_software_is_there_unless_asked_for(helm: Helm) -> None:
    kinds = {manifest["kind"] for manifest in render(helm, "minimal").manifests}

    assert {
        "ConfigMap", "Deployment", "Job", "Pod", "PodDisruptionBudget", "Service", "ServiceAccount",
    } == kinds  # fmt: skip


def test_rules_reach_prometheus_as_they_were_written(helm: Helm) -> None:
    rules = render(helm, "monitoring").of("PrometheusRule")

    written = [yaml.safe_load(path.read_text()) for path in sorted((helm.chart / "files" / "alerts").glob("*.yaml"))]
    assert written == [rule["spec"] for rule in rules]
    assert written


def test_dashboards_reach_grafana_as_they_were_written(helm: Helm) -> None:
    found: dict[str, Any] = {}
    for config_map in render(helm, "monitoring").of("ConfigMap"):
        found |= {name: json.loads(text) for name, text in config_map["data"].items() if name.endswith(".json")}

    folder = helm.chart / "files" / "dashboards"
    assert {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")} == found
    assert found
