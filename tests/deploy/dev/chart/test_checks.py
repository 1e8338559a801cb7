"""The chart is as all checks want it, and each check sees what it is for."""

from collections.abc import Callable
from typing import Final

import pytest

from deploy.dev.chart.__main__ import main
from deploy.dev.chart.checks import KUBERNETES, check_chart
from deploy.dev.chart.helm import Helm
from deploy.dev.chart.rules import RULES
from deploy.dev.chart.schemas import PACKAGE, has_schemas

pytestmark = pytest.mark.timeout(1300)  # the first test that needs Helm may have to wait until it is built

NEEDS_SCHEMAS: Final = pytest.mark.skipif(not has_schemas(), reason=f"{PACKAGE} is not installed")

Break = Callable[[str, str, str, str], Helm]


def test_the_chart_has_no_fault_with_any_option_on_any_kubernetes(helm: Helm) -> None:
    findings = check_chart(helm)

    renderings = len(helm.values_files()) * len(KUBERNETES)
    assert [] == findings.faults
    assert renderings == findings.looked_at["lints and renderings"]
    assert renderings * len(RULES) == findings.looked_at["rules"]


@pytest.mark.parametrize(
    ("option", "file", "right", "wrong", "sentence"),
    [
        pytest.param(
            "minimal", "ci/minimal-values.yaml", "S3_BUCKET: posters", "S3_BUKET: posters",
            "additional properties 'S3_BUKET' not allowed",
            id="a value that nobody knows",
        ),
        pytest.param(
            "minimal", "values.yaml", "seconds: 25", "seconds: 20",
            "at '/drain/seconds': minimum: got 20, want 21",
            id="a drain that is shorter than a drawing",
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
            "keda", "templates/renderer/scaledobject.yaml", "marquee:jobs:{{ $lane }}", "marquee:job:{{ $lane }}",
            "reads the streams ['marquee:job:interactive', 'marquee:job:refresh'];"
            " they are ['marquee:jobs:interactive', 'marquee:jobs:refresh'].",
            id="a query of a stream that is not there",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml", "consumerGroup: painters", "consumerGroup: renderers",
            "ScaledObject release-marquee-renderer asks for the group 'renderers'; ours is 'painters'.",
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
            id="a grace without the drain",
        ),
        pytest.param(
            "waiting", "templates/_pod.tpl", "(max (int $drain.seconds) $answers)", "(int $drain.seconds)",
            "Deployment release-marquee-renderer is killed after 40 s, and needs 5 s before and 69.5 s to stop.",
            id="a grace without those who wait for a picture",
        ),
        pytest.param(
            "minimal", "values.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false",
            "Deployment release-marquee-renderer breaks a promise: each pod has a read-only root.",
            id="a root that can be written",
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
            id="a route that leads astray",
        ),
        pytest.param(
            "split", "templates/renderer/service.yaml",
            '"name" "renderer" "component" (include "marquee.content" .)', '"name" "renderer" "component" "worker"',
            "Service release-marquee-renderer leads to a port 'http' that Deployment release-marquee-worker lacks.",
            id="a Service of those who only draw",
        ),
        pytest.param(
            "trial", "templates/gateway/configmap.yaml",
            "data:\n", "data:\n  JWT_SECRET: {{ .Values.secrets.JWT_SECRET.value | quote }}\n",
            "ConfigMap release-marquee-gateway holds JWT_SECRET; a ConfigMap is no place for a secret.",
            id="a secret in a ConfigMap",
        ),
        pytest.param(
            "minimal", "templates/_config.tpl",
            "DATABASE_URL REDIS_URL JWT_SECRET ADMIN", "DATABASE_URL REDIS_URL TMDB_API_KEY JWT_SECRET ADMIN",
            "Deployment release-marquee-gateway is given TMDB_API_KEY, which it does not read.",
            id="a secret for who does not need it",
        ),
        pytest.param(
            "networkpolicy", "templates/renderer/networkpolicy.yaml",
            '  (include "marquee.leaves" $policy.sources)\n', "",
            "NetworkPolicy release-marquee-renderer does not let renderer talk to the outside.",
            id="a policy that keeps renderers from sources",
        ),
        pytest.param(
            "autoscaling", "templates/_pod.tpl", "{{- if not .autoscaled }}", "{{- if true }}",
            "every upgrade would undo what HorizontalPodAutoscaler release-marquee-gateway did.",
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
            id="a number that is written as no number",
        ),
        pytest.param(
            "config", "ci/config-values.yaml", "    IMAGE_QUALITY: 90\n", "",
            "IMAGE_QUALITY cannot be set in the chart, or no file in ci/ does.",
            id="a variable that nobody can set",
        ),
        pytest.param(
            "minimal", "values.yaml", "    # -- Their port\n", "",
            "values.yaml does not say what networkPolicy.sources.port is for.",
            id="a value without a word about it",
        ),
        pytest.param(
            "minimal", "values.yaml", "Address that the gateway listens on", "Address",
            "README.md of the chart is not what values.yaml says; run make chart.",
            id="a README that is not up to date",
        ),
        pytest.param(
            "minimal", "files/alerts/marquee.rules.yaml", "groups:", "groups: # ours",
            "marquee.rules.yaml in the chart is not what alerts/ has; run make chart.",
            id="a copy that is not its original's equal",
        ),
        pytest.param(
            "minimal", "Chart.yaml", 'appVersion: "', 'appVersion: "9.',
            "Chart.yaml has another appVersion than",
            id="another version",
        ),
    ],
)  # fmt: skip
def test_a_broken_chart_is_told_by_the_right_sentence(
    broken: Break, option: str, file: str, right: str, wrong: str, sentence: str
) -> None:
    findings = check_chart(broken(option, file, right, wrong), kubernetes=("1.31",))

    assert any(sentence in fault for fault in findings.faults), findings.faults


@NEEDS_SCHEMAS
def test_a_fault_ends_make_chart_with_its_sentence(broken: Break, capsys: pytest.CaptureFixture[str]) -> None:
    chart = broken("minimal", "values.yaml", "seconds: 25", "seconds: 20").chart

    status = main(chart)

    printed = capsys.readouterr()
    assert 1 == status
    assert "at '/drain/seconds': minimum: got 20, want 21" in printed.err
    assert "chart: faults: " in printed.out


@NEEDS_SCHEMAS
@pytest.mark.parametrize(
    ("option", "file", "right", "wrong", "sentence"),
    [
        pytest.param(
            "minimal", "templates/_parts.tpl", "targetPort: http", "targetport: http",
            "Service release-marquee-gateway: spec.ports.0: Additional properties are not allowed"
            " ('targetport' was unexpected) (Kubernetes 1.31)",
            id="Kubernetes' own",
        ),
        pytest.param(
            "keda", "templates/renderer/scaledobject.yaml",
            "lagCount: {{ $lag | int | quote }}", "lagCount: {{ $lag }}",
            "ScaledObject release-marquee-renderer: spec.triggers.0.metadata.lagCount: 20 is not of type 'string'",
            id="of KEDA",
        ),
        pytest.param(
            "httproute", "templates/edge/httproute.yaml", "/v1\nkind", "/v1alpha2\nkind",
            "HTTPRoute release-marquee: nobody knows the shape of gateway.networking.k8s.io/v1alpha2 HTTPRoute.",
            id="of nobody",
        ),
    ],
)  # fmt: skip
def test_an_object_of_a_wrong_shape_is_told(
    broken: Break, option: str, file: str, right: str, wrong: str, sentence: str
) -> None:
    findings = check_chart(broken(option, file, right, wrong), kubernetes=("1.31",))

    assert any(sentence in fault for fault in findings.faults), findings.faults
