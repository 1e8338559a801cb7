"""What operators add to the pods reaches every program, and an autoscaler takes over the replicas that run."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml

from tests.deploy.dev.chart.helm import NAMESPACE, Helm, HelmRefused
from tests.deploy.dev.chart.rendering import OUR_KINDS, pod_template, program, render, title

GATEWAY = "release-marquee-gateway"
WORKERS = "release-marquee-renderer"
RELEASE_NAME: dict[str, Any] = {"f:annotations": {"f:meta.helm.sh/release-name": {}}}
HELM_4: dict[str, Any] = {
    "manager": "helm", "operation": "Apply",
    "fieldsV1": {"f:metadata": RELEASE_NAME, "f:spec": {"f:replicas": {}, "f:selector": {}}},
}  # fmt: skip
HELM_4_WITHOUT = HELM_4 | {"fieldsV1": {"f:metadata": RELEASE_NAME, "f:spec": {"f:selector": {}}}}
HELM_3 = HELM_4 | {"operation": "Update"}
AUTOSCALER = {
    "manager": "kube-controller-manager", "operation": "Update", "subresource": "scale",
    "fieldsV1": {"f:spec": {"f:replicas": {}}},
}  # fmt: skip
KINDS = {
    "v1": ("ConfigMap", "Pod", "Secret", "Service", "ServiceAccount"),
    "apps/v1": ("Deployment",),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "batch/v1": ("Job",),
    "keda.sh/v1alpha1": ("ScaledObject", "TriggerAuthentication"),
    "policy/v1": ("PodDisruptionBudget",),
}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (("caBundle.secret=one", "caBundle.configMap=two"), "caBundle has both a configMap and a secret"),
        (
            ("gateway.extraEnv[0].name=LOG_LEVEL", "gateway.extraEnv[0].value=debug"),
            "gateway.extraEnv names LOG_LEVEL, which has a value of its own in this chart: set that.",
        ),
        (("renderer.extraVolumes[0].name=host", "renderer.extraVolumes[0].hostPath.path=/"), "'hostPath' not allowed"),
        (
            ("renderer.keda.enabled=true", r"renderer.keda.redis.address=a:1\,b:2"),
            "renderer.keda.redis.address has several addresses, and mode is standalone",
        ),
        (
            ("renderer.keda.enabled=true", "renderer.keda.redis.address=a:1", "renderer.keda.redis.mode=sentinel"),
            "renderer.keda.redis.sentinelMaster is required with mode sentinel",
        ),
    ],
)
def test_additions_that_cannot_work_are_refused(helm: Helm, settings: tuple[str, ...], sentence: str) -> None:
    with pytest.raises(HelmRefused) as refused:
        render(helm, "minimal", *settings)

    assert sentence in str(refused.value)


def test_every_program_trusts_the_private_authority_and_has_the_additions(helm: Helm) -> None:
    found = {}
    for manifest in render(helm, "extras").of(*OUR_KINDS):
        (container,) = (pod := pod_template(manifest)["spec"])["containers"]
        variables = {each["name"]: each.get("value") for each in container["env"]}
        volumes = {volume["name"] for volume in pod["volumes"]}
        mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
        assert mounts.keys() <= volumes, title(manifest)
        assert "/etc/marquee/ca/ca.crt" == variables["SSL_CERT_FILE"]
        assert "/etc/marquee/ca" == mounts["ca"]
        found[program(manifest)] = (variables.keys() & {"TZ", "AWS_PROFILE"}, pod["priorityClassName"])

    gateway, renderer = ({"TZ"}, "high"), ({"AWS_PROFILE"}, "low")
    assert {
        "gateway": gateway, "shared.stores.migrate": gateway, "renderer": renderer, "renderer.cli": renderer,
    } == found  # fmt: skip


def test_the_pods_of_jobs_have_annotations_of_their_own(helm: Helm) -> None:
    annotated = {
        program(manifest)
        for manifest in render(helm, "extras").of("Job")
        if pod_template(manifest)["metadata"]["annotations"].get("sidecar.istio.io/inject") == "false"
    }

    assert {"shared.stores.migrate", "renderer", "renderer.cli"} == annotated


def test_sentinels_may_be_asked_by_every_pod_that_asks_redis(helm: Helm) -> None:
    open_to_redis = {
        title(policy): {port["port"] for rule in policy["spec"]["egress"] for port in rule["ports"]} & {6379, 26379}
        for policy in render(helm, "sentinel").of("NetworkPolicy")
    }

    assert {6379, 26379} == open_to_redis.pop("NetworkPolicy release-marquee-gateway")
    assert {frozenset(), frozenset({6379, 26379})} == {frozenset(ports) for ports in open_to_redis.values()}


@pytest.mark.parametrize("live", [6, 0])
@pytest.mark.parametrize(("option", "name"), [("autoscaling", GATEWAY), ("keda", WORKERS)])
@pytest.mark.parametrize("owners", [[HELM_4], [HELM_3], [HELM_3, AUTOSCALER]])
def test_an_autoscaler_takes_over_the_replicas_that_run(
    helm: Helm, option: str, name: str, live: int, owners: list[dict[str, Any]]
) -> None:
    with cluster({name: live}, owners) as server:
        manifests = yaml.safe_load_all(helm.template_for(server, option))

        assert live == next(each["spec"]["replicas"] for each in manifests if named(each, name))


@pytest.mark.parametrize("owners", [[HELM_4_WITHOUT], [HELM_4_WITHOUT, AUTOSCALER], [HELM_4, AUTOSCALER]])
def test_replicas_that_the_autoscaler_owns_are_left_to_it(helm: Helm, owners: list[dict[str, Any]]) -> None:
    with cluster({GATEWAY: 6}, owners) as server:
        manifests = yaml.safe_load_all(helm.template_for(server, "autoscaling"))

        assert ["replicas" in each["spec"] for each in manifests if named(each, GATEWAY)] == [False]


def test_an_autoscaler_of_a_new_release_starts_at_its_minimum(helm: Helm) -> None:
    with cluster({}) as server:
        manifests = yaml.safe_load_all(helm.template_for(server, "autoscaling"))

        assert ["replicas" in each["spec"] for each in manifests if named(each, GATEWAY)] == [False]


def test_without_an_autoscaler_the_values_decide(helm: Helm) -> None:
    with cluster({GATEWAY: 6}) as server:
        manifests = yaml.safe_load_all(helm.template_for(server, "minimal"))

        assert [2] == [each["spec"]["replicas"] for each in manifests if named(each, GATEWAY)]


def named(manifest: dict[str, Any] | None, name: str) -> bool:
    return bool(manifest) and manifest["kind"] == "Deployment" and manifest["metadata"]["name"] == name  # type: ignore[index]


def resources(version: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    listed = [
        {"name": f"{kind.lower()}s", "singularName": kind.lower(), "namespaced": True, "kind": kind, "verbs": ["get"]}
        for kind in kinds
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": listed}


def group(version: str) -> dict[str, Any]:
    served = {"groupVersion": version, "version": version.partition("/")[2]}
    return {"name": version.partition("/")[0], "versions": [served], "preferredVersion": served}


@contextmanager
def cluster(replicas: dict[str, int], owners: Sequence[dict[str, Any]] = ()) -> Iterator[str]:
    """Yield the address of a server that answers Helm's questions as Kubernetes does, about Deployments only.

    ``owners`` are those of the Deployments' fields.
    """
    deployments = {
        f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}": {
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": NAMESPACE, "managedFields": list(owners)},
            "spec": {"replicas": number},
        }
        for name, number in replicas.items()
    }  # fmt: skip
    answers: dict[str, Any] = deployments | {
        "/version": {"major": "1", "minor": "33", "gitVersion": "v1.33.0"},
        "/api": {"kind": "APIVersions", "versions": ["v1"]},
        "/api/v1": resources("v1", KINDS["v1"]),
        "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": [group(name) for name in KINDS if "/" in name]},
        **{f"/apis/{name}": resources(name, kinds) for name, kinds in KINDS.items()},
    }

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answers.get(self.path.partition("?")[0])
            missing = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(missing if found is None else found).encode()
            self.send_response(404 if found is None else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name in the base class
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
