"""The chart on a real API server: every option is accepted to the letter, changed, rolled back and removed.

`make chart-live` runs it. The pods are kwok's, so nothing of Marquee runs in them.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from deploy.dev.documents.chart_page import CHART
from tests.deploy.dev.chart.cluster import Cluster, ProgramsMissing, eventually, find_programs, run_cluster, run_helm
from tests.deploy.dev.chart.helm import Helm
from tests.deploy.dev.chart.rendering import render

pytestmark = [pytest.mark.stress, pytest.mark.timeout(1800)]

OPTIONS = Helm(CHART, CHART).options()
RELEASE = "release"
REPLICAS = 6
LABELS = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
SCALED = {
    "gateway": (
        "gateway.autoscaling.enabled=true", "gateway.autoscaling.maxReplicas=10",
        "gateway.resources.requests.cpu=500m",
    ),
    "renderer": ("renderer.keda.enabled=true", "renderer.keda.redis.address=valkey:6379"),
}  # fmt: skip
"""What turns on the autoscaler of each Deployment."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    try:
        programs = find_programs()
    except ProgramsMissing as missing:
        pytest.skip(str(missing))
    with run_cluster(programs, tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture
def namespace(cluster: Cluster, request: pytest.FixtureRequest) -> str:
    """A namespace of the strictest kind."""
    name = (
        "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")[-50:].strip("-")
    )
    metadata = {"name": name, "labels": LABELS}
    cluster.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    for priority in ("high", "low"):
        thing = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": priority},
            "value": 1,
        }
        cluster.create("/apis/scheduling.k8s.io/v1/priorityclasses", thing)
    eventually(lambda: cluster.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"), "a service account")
    return name


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_accepted_to_the_letter(cluster: Cluster, helm: Helm, namespace: str, option: str) -> None:
    for account in render(helm, option).of("ServiceAccount"):  # the pod of `helm test` asks for it
        cluster.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", account)
    faults = {
        f"{each['kind']} {each['metadata']['name']}": found
        for each in render(helm, option).manifests
        if (found := cluster.strictly(each, namespace))
    }

    assert {} == faults


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_is_installed_changed_rolled_back_and_removed(
    cluster: Cluster, helm: Helm, namespace: str, option: str
) -> None:
    words = ("--namespace", namespace, "--values", str(CHART / "ci" / f"{option}-values.yaml"), "--timeout", "170s")
    own = {each["metadata"]["name"] for each in render(helm, option).of("ServiceAccount")}
    for name in {pod["serviceAccountName"] for _, pod in render(helm, option).pods()} - own:
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}}
        cluster.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", account)
    tell(cluster, helm, "install", *words)
    before = checksums(cluster, namespace)
    tell(cluster, helm, "upgrade", *words, "--set", "config.LOG_LEVEL=debug")
    configured = checksums(cluster, namespace)
    tell(
        cluster,
        helm,
        "upgrade",
        *words,
        "--set",
        f"secrets.JWT_SECRET.value={'a' * 64},secrets.JWT_SECRET.existingSecret=",
    )
    secured = checksums(cluster, namespace)
    run_helm(cluster, helm.program, "rollback", RELEASE, "1", "--namespace", namespace)
    rolled_back = checksums(cluster, namespace)
    run_helm(cluster, helm.program, "uninstall", RELEASE, "--namespace", namespace, "--wait", "--timeout", "170s")

    assert before
    assert [] == [name for name, sums in configured.items() if sums[0] == before[name][0]]
    assert [name for name in before if name.endswith("-gateway")] == [
        name for name, sums in secured.items() if sums[1] != before[name][1]
    ]
    assert before == rolled_back
    assert {} == checksums(cluster, namespace)


@pytest.mark.parametrize("component", SCALED)
def test_an_autoscaler_takes_over_the_replicas_that_run(
    cluster: Cluster, helm: Helm, namespace: str, component: str
) -> None:
    words = ("--namespace", namespace, "--values", str(CHART / "ci" / "minimal-values.yaml"), "--timeout", "170s")
    autoscaled = [word for setting in SCALED[component] for word in ("--set", setting)]
    name = f"{RELEASE}-marquee-{component}"
    tell(cluster, helm, "install", *words, "--set", f"{component}.replicas={REPLICAS}")

    found = [replicas(cluster, namespace, name)]
    tell(cluster, helm, "upgrade", *words, *autoscaled)
    found.append(replicas(cluster, namespace, name))
    scale(cluster, namespace, name, REPLICAS + 1)
    tell(cluster, helm, "upgrade", *words, *autoscaled, "--set", "config.LOG_LEVEL=debug")
    found.append(replicas(cluster, namespace, name))
    tell(cluster, helm, "upgrade", *words, "--force-conflicts")  # the autoscaler owns the number
    found.append(replicas(cluster, namespace, name))

    assert [REPLICAS, REPLICAS, REPLICAS + 1, 2] == found
    run_helm(cluster, helm.program, "uninstall", RELEASE, "--namespace", namespace)


def tell(cluster: Cluster, helm: Helm, verb: str, *words: str) -> None:
    run_helm(cluster, helm.program, verb, RELEASE, str(CHART), *words)


def deployments(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments")["items"]
    return found


def checksums(cluster: Cluster, namespace: str) -> dict[str, tuple[str, str]]:
    """Return of each Deployment what changes with its config and with its secrets."""
    return {
        each["metadata"]["name"]: (annotations["checksum/config"], annotations["checksum/secrets"])
        for each in deployments(cluster, namespace)
        for annotations in [each["spec"]["template"]["metadata"]["annotations"]]
    }


def replicas(cluster: Cluster, namespace: str, name: str) -> int:
    found: dict[str, Any] = cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    return int(found["spec"]["replicas"])


def scale(cluster: Cluster, namespace: str, name: str, number: int) -> None:
    """Set the number of replicas as an autoscaler does, and wait until they run."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    status, found, _ = cluster.ask(
        "PATCH", f"{path}/scale", {"spec": {"replicas": number}}, "application/merge-patch+json"
    )
    assert status == 200, found
    eventually(lambda: cluster.get(path)["status"].get("readyReplicas") == number, f"{number} replicas")
