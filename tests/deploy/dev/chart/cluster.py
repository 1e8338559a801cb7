"""A small Kubernetes on the loopback address: a real API server and controllers; kwok plays its node and pods."""

import json
import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import lru_cache, partial
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from deploy.dev.local.parts import ROOT
from deploy.dev.local.ports import HOST, free_ports
from deploy.dev.local.probes import is_listening
from deploy.dev.local.processes import Program
from shared.config.environment import PROCESS_ENVIRONMENT
from tests.deploy.dev.chart.rendering import Manifest
from tests.stack.part import Part

BUILT: Final = ROOT / ".local" / "tools" / "kubernetes"
"""Where `make chart-live` builds the programs."""

PROGRAMS: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")
TOKEN: Final = "operator"
CRDS: Final = Path(__file__).with_name("crds")
STAGES: Final = CRDS.with_name("stages.yaml")
WAIT_S: Final = 180.0
_POLL_S: Final = 0.2
_CALL_S: Final = 30.0
_NODE: Final = {
    "name": "node", "annotations": {"kwok.x-k8s.io/node": "fake"}, "labels": {"kubernetes.io/arch": "amd64"},
}  # fmt: skip
_WITHOUT_LEASES: Final = "-node-lifecycle-controller,-taint-eviction-controller"
"""The played node renews no lease, so these two would call it lost after a minute."""

_NOT_STRUCTURAL: Final = frozenset(["$schema", "additionalProperties", "const"])


class ProgramsMissing(Exception):
    """The programs of Kubernetes are not here; the text says what to do."""


def find_programs() -> Mapping[str, str]:
    """Return where each program is. Raises ``ProgramsMissing``."""
    outside = PROCESS_ENVIRONMENT
    path = os.pathsep.join([outside.get("KUBEBUILDER_ASSETS", ""), str(BUILT), outside.get("PATH", os.defpath)])
    found = {name: shutil.which(name, path=path) for name in PROGRAMS}
    if missing := [name for name, place in found.items() if place is None]:
        raise ProgramsMissing(f"{', '.join(missing)} not found: `make chart-live` builds them with Go")
    return {name: place for name, place in found.items() if place}


class Cluster:
    """The API of a running cluster."""

    def __init__(self, port: int, kubeconfig: Path) -> None:
        self.port = port
        self.kubeconfig = kubeconfig
        self._context = ssl.create_default_context()
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE  # the server made its certificate a moment ago

    def ask(self, method: str, path: str, body: object = None, kind: str = "application/json") -> tuple[int, Any, str]:
        """Return the status, the object and the warnings of one call."""
        connection = HTTPSConnection(HOST, self.port, timeout=_CALL_S, context=self._context)
        try:
            headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": kind}
            connection.request(method, path, None if body is None else json.dumps(body, default=str), headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = answer.headers.get_content_type() == "application/json"
        return (
            answer.status,
            json.loads(text) if is_json else text.decode(),
            "; ".join(answer.headers.get_all("Warning", [])),
        )

    def get(self, path: str) -> Any:
        """Return an object, ``None`` if there is none."""
        status, found, _ = self.ask("GET", path)
        assert status in {200, 404}, found
        return found if status == 200 else None

    def create(self, path: str, thing: Manifest) -> None:
        """Create an object that is not there yet."""
        status, found, _ = self.ask("POST", path, thing)
        assert status in {201, 409}, found

    def strictly(self, manifest: Manifest, namespace: str) -> list[str]:
        """Return what the API server has against an object: unknown fields, wrong values, and its warnings."""
        path = f"{self._path(manifest['apiVersion'], manifest['kind'], namespace)}/{manifest['metadata']['name']}"
        query = "fieldManager=test&force=true&dryRun=All&fieldValidation=Strict"
        status, found, warnings = self.ask("PATCH", f"{path}?{query}", manifest, "application/apply-patch+yaml")
        faults = [] if status in {200, 201} else [str(found.get("message", found))]
        return [*faults, *([warnings] if warnings else [])]

    def _path(self, version: str, kind: str, namespace: str) -> str:
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        return f"{root}/namespaces/{namespace}/{self._kinds(root)[kind]}"

    @lru_cache(maxsize=32)  # noqa: B019 - there is one cluster in a run
    def _kinds(self, root: str) -> Mapping[str, str]:
        return {each["kind"]: each["name"] for each in self.get(root)["resources"] if "/" not in each["name"]}


def eventually(found: Callable[[], object], what: str) -> None:
    """Wait until ``found`` returns something true."""
    until = time.monotonic() + WAIT_S
    while not found():
        assert time.monotonic() < until, f"{what}: not within {WAIT_S:g} s"
        time.sleep(_POLL_S)


@contextmanager
def run_cluster(programs: Mapping[str, str], folder: Path) -> Iterator[Cluster]:
    """Run a cluster with one node and the definitions of custom resources until the end of the block."""
    etcd, peers, api, controllers, scheduler = free_ports(5, apart_from=())
    key, token = folder / "service-account.key", folder / "tokens.csv"
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    token.write_text(f'{TOKEN},operator,1,"system:masters"\n')
    config = _kubeconfig(folder, api)
    store, peer = f"http://{HOST}:{etcd}", f"http://{HOST}:{peers}"
    with ExitStack() as stack:

        def start(name: str, port: int, *flags: str) -> None:
            command, is_ready = (programs[name], *flags), partial(is_listening, port)
            program = Program(name=name, command=command, cwd=folder, env={"HOME": str(folder)}, is_ready=is_ready)
            part = Part(program, folder / f"{name}.log")
            stack.callback(part.close)
            part.start()

        start("etcd", etcd, f"--data-dir={folder}/etcd", "--unsafe-no-fsync", f"--listen-client-urls={store}",
              f"--advertise-client-urls={store}", f"--listen-peer-urls={peer}",
              f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}")  # fmt: skip
        start("kube-apiserver", api, f"--etcd-servers={store}", f"--bind-address={HOST}", f"--advertise-address={HOST}",
              f"--secure-port={api}", f"--cert-dir={folder}/certificates", f"--token-auth-file={token}",
              "--authorization-mode=RBAC", "--service-cluster-ip-range=10.96.0.0/24", "--endpoint-reconciler-type=none",
              "--disable-admission-plugins=TaintNodesByCondition",
              "--service-account-issuer=https://kubernetes.default.svc", f"--service-account-key-file={key}",
              f"--service-account-signing-key-file={key}")  # fmt: skip
        cluster = Cluster(api, config)
        eventually(lambda: cluster.ask("GET", "/readyz")[0] == 200, "the API server is ready")
        common = (f"--kubeconfig={config}", "--leader-elect=false", f"--bind-address={HOST}")
        start("kube-controller-manager", controllers, *common, f"--secure-port={controllers}",
              f"--service-account-private-key-file={key}", "--use-service-account-credentials=false",
              f"--controllers=*,{_WITHOUT_LEASES}")  # fmt: skip
        start("kube-scheduler", scheduler, *common, f"--secure-port={scheduler}")
        _define(cluster)
        cluster.create("/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": _NODE})
        command = (programs["kwok"], f"--kubeconfig={config}", f"--config={STAGES}", "--manage-all-nodes=true")
        kwok = Part(Program(name="kwok", command=command, cwd=folder, env={"HOME": str(folder)}), folder / "kwok.log")
        stack.callback(kwok.close)
        kwok.begin()
        eventually(lambda: _is_ready(cluster.get("/api/v1/nodes/node")), "the node is ready")
        yield cluster


def _is_ready(node: Manifest) -> bool:
    conditions = node.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _kubeconfig(folder: Path, port: int) -> Path:
    file = folder / "kubeconfig.json"
    server = {"server": f"https://{HOST}:{port}", "insecure-skip-tls-verify": True}
    context = {"cluster": "small", "user": TOKEN}
    file.write_text(
        json.dumps(
            {
                "apiVersion": "v1", "kind": "Config", "current-context": "small",
                "clusters": [{"name": "small", "cluster": server}],
                "users": [{"name": TOKEN, "user": {"token": TOKEN}}],
                "contexts": [{"name": "small", "context": context}],
            }
        )
    )  # fmt: skip
    file.chmod(0o600)
    return file


def _define(cluster: Cluster) -> None:
    """Define the custom resources with the shapes in `crds/`: what those do not name, the API server refuses."""
    for file in sorted(CRDS.glob("*.json")):
        schema = json.loads(file.read_text())
        name, _, version = file.stem.rpartition("-")
        plural, _, group = name.partition(".")
        kind = schema["properties"]["kind"]["const"]
        shape = _structural(schema)
        shape["properties"]["metadata"] = {"type": "object"}
        definition = {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": name, "annotations": {"api-approved.kubernetes.io": "unapproved, for tests"}},
            "spec": {
                "group": group, "scope": "Namespaced",
                "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
                "versions": [
                    {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": shape}}
                ],
            },
        }  # fmt: skip
        cluster.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        eventually(partial(_is_served, cluster, f"/apis/{group}/{version}/namespaces/default/{plural}"), name)


def _is_served(cluster: Cluster, path: str) -> bool:
    return cluster.ask("GET", path)[0] == 200


def _structural(node: Any, *, names: bool = False) -> Any:
    """Return a JSON schema in the form that Kubernetes takes; with ``names`` the keys are names of properties."""
    if isinstance(node, list):
        return [_structural(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _structural(value, names=key == "properties" and not names)
        for key, value in node.items()
        if names or key not in _NOT_STRUCTURAL or (key == "additionalProperties" and isinstance(value, dict))
    }
    if not names and "const" in node:
        kept |= {"type": "string", "enum": [node["const"]]}
    if not names and "enum" in kept:
        kept.setdefault("type", "string")
    if not names and isinstance(kept.get("type"), list):
        assert {"integer", "string"} == set(kept.pop("type"))
        kept["x-kubernetes-int-or-string"] = True
    return kept


def run_helm(cluster: Cluster, program: Path, *words: str) -> str:
    """Run Helm on the cluster and return what it says; a failure ends the test with its words."""
    done = subprocess.run(  # noqa: S603 - Helm, pinned by hash
        [str(program), *words, "--kubeconfig", str(cluster.kubeconfig)],
        capture_output=True, text=True, timeout=2 * WAIT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"helm {' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout
