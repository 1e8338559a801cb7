"""The chart breaks no rule with any option, and each rule finds what it is for."""

import json
from collections.abc import Callable

import pytest

from deploy.dev.documents.chart_page import CHART, page
from shared.config.variables import NAMES
from shared.domain.version import VERSION
from tests.deploy.dev.chart.helm import Helm, HelmRefused
from tests.deploy.dev.chart.open_places import open_places, undocumented
from tests.deploy.dev.chart.rendering import KUBERNETES, NEWEST, render
from tests.deploy.dev.chart.rules import faults

OPTIONS = Helm(CHART, CHART).options()

each_option = pytest.mark.parametrize("option", OPTIONS)


@pytest.mark.parametrize("kubernetes", KUBERNETES)
@each_option
def test_no_rule_is_broken(helm: Helm, option: str, kubernetes: str) -> None:
    assert [] == faults(render(helm, option, kubernetes=kubernetes))


@each_option
def test_helm_finds_nothing_to_warn_of(helm: Helm, option: str) -> None:
    # The newest Kubernetes has deprecated all that older ones have.
    helm.lint(option, NEWEST)


@each_option
def test_helm_3_makes_the_same_objects(helm: Helm, helm_3: Helm, option: str) -> None:
    assert render(helm, option) == render(helm_3, option)


def test_every_variable_can_be_set(helm: Helm) -> None:
    rendering = render(helm, "config")

    variables = {name for each in rendering.of("Deployment") for name in rendering.variables(each)}
    assert set() == NAMES - variables


def test_every_value_is_explained() -> None:
    assert [] == list(undocumented(CHART))


def test_the_readme_lists_the_values_as_they_are() -> None:
    text = (CHART / "README.md").read_text()

    assert page(text, CHART) == text, "run `make chart`"


def test_the_schema_of_values_is_closed() -> None:
    assert [] == list(open_places(json.loads((CHART / "values.schema.json").read_text())))


def test_the_chart_is_for_this_version() -> None:
    assert f'appVersion: "{VERSION}"' in (CHART / "Chart.yaml").read_text()


@pytest.mark.parametrize(
    ("option", "file", "right", "wrong", "sentence"),
    [
        pytest.param(
            "minimal", "ci/minimal-values.yaml", "S3_BUCKET: posters", "S3_BUKET: posters",
            "additional properties 'S3_BUKET' not allowed",
            id="a misspelt value",
        ),
        pytest.param(
            "minimal", "values.yaml", "seconds: 25", "seconds: 20",
            "at '/drain/seconds': minimum: got 20, want 21",
            id="a drain shorter than a drawing",
        ),
        pytest.param(
            "minimal", "templates/_names.tpl",
            "app.kubernetes.io/component: {{ .component }}",
            "app.kubernetes.io/component: {{ .component }}\napp.kubernetes.io/version: {{ .root.Chart.AppVersion }}",
            "Deployment release-marquee-gateway selects by app.kubernetes.io/component, app.kubernetes.io/instance,"
            " app.kubernetes.io/name, app.kubernetes.io/version; only name, instance and component last.",
            id="a label in selectors that changes",
        ),
        pytest.param(
            "minimal", "templates/_names.tpl", "app.kubernetes.io/part-of: marquee\n", "",
            "Service release-marquee-gateway lacks the label app.kubernetes.io/part-of.",
            id="a label that is missing",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml", '"%s:jobs:%s"', '"%s:job:%s"',
            "reads the streams ['marquee:job:interactive', 'marquee:job:interactive-2', 'marquee:job:interactive-3',"
            " 'marquee:job:refresh']; they are ['marquee:jobs:interactive', 'marquee:jobs:interactive-2',"
            " 'marquee:jobs:interactive-3', 'marquee:jobs:refresh'].",
            id="a query of a stream that is not there",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml", "consumerGroup: painters", "consumerGroup: renderers",
            "ScaledObject release-marquee-renderer reads the group 'renderers'; the code's is 'painters'.",
            id="a query of a group that is not there",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml", "lagCount: {{", "pendingEntriesCount: {{",
            "does not go by the lag alone",
            id="a query of another figure",
        ),
        pytest.param(
            "drain", "templates/_pod.tpl", "(max (int $drain.seconds) $answers) ", "",
            "Deployment release-marquee-renderer is killed after 35 s, and needs 15 s before and 68 s to stop.",
            id="a grace period without the drain",
        ),
        pytest.param(
            "waiting", "templates/_pod.tpl", "(max (int $drain.seconds) $answers)", "(int $drain.seconds)",
            "Deployment release-marquee-renderer is killed after 40 s, and needs 5 s before and 69.5 s to stop.",
            id="a grace period without callers who wait for a picture",
        ),
        pytest.param(
            "minimal", "values.yaml", "memory: 2Gi", "memory: 1Gi",
            "Deployment release-marquee-renderer may use 1Gi and needs up to 19",
            id="a limit of memory below what a renderer needs",
        ),
        pytest.param(
            "config", "ci/config-values.yaml", "RENDER_MEMORY_MB: 1024", "RENDER_MEMORY_MB: 4096",
            "Deployment release-marquee-renderer may use 3Gi and needs up to 55",
            id="more memory for drawing than there is",
        ),
        pytest.param(
            "minimal", "values.yaml", "memory: 512Mi", "memory: 448Mi",
            "Deployment release-marquee-gateway may use 448Mi and needs up to 506 MB.",
            id="a limit of memory below what a gateway needs",
        ),
        pytest.param(
            "minimal", "values.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false",
            "Deployment release-marquee-renderer breaks a promise: each pod has a read-only root.",
            id="a writable root",
        ),
        pytest.param(
            "minimal", "templates/_pod.tpl", "automountServiceAccountToken: false\n", "",
            "Job release-marquee-migrate breaks a promise: each pod mounts no service-account token.",
            id="a hook with a token",
        ),
        pytest.param(
            "ingress", "templates/edge/ingress.yaml", "name: {{ $full }}-renderer", "name: {{ $full }}-gateway",
            "Ingress release-marquee leads / to gateway, /c/ to gateway;"
            " it should lead / to gateway and /c/ to content.",
            id="a route to the wrong service",
        ),
        pytest.param(
            "split", "templates/renderer/service.yaml",
            '"name" "renderer" "component" (include "marquee.content" .)', '"name" "renderer" "component" "worker"',
            "Service release-marquee-renderer leads to a port 'http' that Deployment release-marquee-worker lacks.",
            id="a Service of workers",
        ),
        pytest.param(
            "trial", "templates/gateway/configmap.yaml",
            "data:\n", "data:\n  JWT_SECRET: {{ .Values.secrets.JWT_SECRET.value | quote }}\n",
            "ConfigMap release-marquee-gateway holds JWT_SECRET, which belong in a Secret.",
            id="a secret in a ConfigMap",
        ),
        pytest.param(
            "minimal", "templates/_config.tpl",
            "DATABASE_URL REDIS_URL JWT_SECRET ADMIN", "DATABASE_URL REDIS_URL TMDB_API_KEY JWT_SECRET ADMIN",
            "Deployment release-marquee-gateway is given TMDB_API_KEY, which it does not read.",
            id="a secret for a process that does not need it",
        ),
        pytest.param(
            "networkpolicy", "templates/_parts.tpl",
            '  (include "marquee.leaves" $policy.sources)\n', "",
            "NetworkPolicy release-marquee-renderer does not let renderer reach the outside.",
            id="a policy that keeps renderers from sources",
        ),
        pytest.param(
            "autoscaling", "templates/_extras.tpl", "{{- if not .autoscaled -}}", "{{- if true -}}",
            "so every upgrade would undo HorizontalPodAutoscaler release-marquee-gateway.",
            id="replicas beside an autoscaler",
        ),
        pytest.param(
            "monitoring", "templates/monitoring/servicemonitor.yaml", "port: metrics", "port: http",
            "ServiceMonitor release-marquee-gateway finds 0 Services with 'http' for metrics, not one.",
            id="a ServiceMonitor of the callers' port",
        ),
        pytest.param(
            "disk", "templates/_config.tpl", "(div (mul 5 ", "(div (mul 2 ",
            "Deployment release-marquee-renderer is evicted at 2112Mi, and its copies may take 4096 MB.",
            id="a volume that is too small",
        ),
        pytest.param(
            "config", "templates/_config.tpl", "{{ . | int64 }}", "{{ . }}",
            "would not start: RENDER_QUEUE_MAX must be a whole number from 1 to 10000000, not '1e+07'.",
            id="a number in scientific notation",
        ),
        pytest.param(
            "minimal", "templates/_parts.tpl", "targetPort: http", "targetport: http",
            "Service release-marquee-gateway: spec.ports.0: Additional properties are not allowed"
            " ('targetport' was unexpected) (Kubernetes 1.31)",
            id="a field that Kubernetes does not know",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml",
            "lagCount: {{ $lag | int | quote }}", "lagCount: {{ $lag }}",
            "ScaledObject release-marquee-renderer: spec.triggers.0.metadata.lagCount: 20 is not of type 'string'",
            id="a number where KEDA wants text",
        ),
        pytest.param(
            "httproute", "templates/edge/httproute.yaml", "/v1\nkind", "/v1alpha2\nkind",
            "HTTPRoute release-marquee: there is no schema for gateway.networking.k8s.io/v1alpha2 HTTPRoute.",
            id="an object without a schema",
        ),
        pytest.param(
            "schedule", "templates/_job.tpl", "/titles\n          readOnly: true", "/titles\n          readonly: true",
            "CronJob release-marquee-prewarm: spec.jobTemplate.spec.template.spec.containers.0.volumeMounts.1:"
            " Additional properties are not allowed ('readonly' was unexpected)",
            id="a field of a CronJob that Kubernetes does not know",
        ),
        pytest.param(
            "jobs", "templates/_job.tpl", "name: {{ $full }}-renderer", "name: {{ $full }}-gateway",
            "would not start: S3_BUCKET is not set, and there is no default for it.",
            id="a Job without the renderer's config",
        ),
        pytest.param(
            "jobs", "templates/_config.tpl", "DATABASE_URL REDIS_URL TMDB", "DATABASE_URL REDIS_URL JWT_SECRET TMDB",
            "is given JWT_SECRET, which it does not read.",
            id="a secret for a Job that does not need it",
        ),
        pytest.param(
            "jobs", "templates/_job.tpl", '{{- include "marquee.podBasics" $root | nindent 2 }}', "",
            "breaks a promise: each pod runs as non-root.",
            id="a Job that runs as root",
        ),
        pytest.param(
            "jobs", "templates/_job.tpl", "\n        sizeLimit: 256Mi", " {}",
            "breaks a promise: each pod mounts only ConfigMaps, Secrets and emptyDirs with a limit.",
            id="a Job that can fill the disk of its node",
        ),
        pytest.param(
            "jobs", "templates/jobs/networkpolicy.yaml", '"prewarm" .Values.jobs.prewarm ', "",
            "has no policy for both directions.",
            id="a Job that no policy is for",
        ),
        pytest.param(
            "jobs", "templates/jobs/networkpolicy.yaml", '"metricsPort" ""', '"metricsPort" 80',
            "lets callers reach a Job, which serves nothing.",
            id="a policy that lets callers reach a Job",
        ),
        pytest.param(
            "jobs", "templates/_job.tpl", "sha256sum | trunc 8", "sha256sum | trunc 40",
            "has a name of more than 63 characters.",
            id="a name that is too long",
        ),
    ],
)  # fmt: skip
def test_a_broken_chart_is_found(
    broken: Callable[[str, str, str], Helm], option: str, file: str, right: str, wrong: str, sentence: str
) -> None:
    helm = broken(file, right, wrong)

    try:
        found = faults(render(helm, option, kubernetes="1.31"))
    except HelmRefused as refusal:
        found = [str(refusal)]

    assert any(sentence in fault for fault in found), found
