"""The check of the stores before an installation and an upgrade: a hook that brings what it needs."""

from typing import Final

import pytest

from tests.deploy.dev.chart.helm import Helm
from tests.deploy.dev.chart.rendering import Manifest, Rendering, component, pod_template, render

NAME: Final = "release-marquee-check"


def hooks(rendering: Rendering) -> dict[str, Manifest]:
    """Return the hook's objects by kind."""
    return {each["kind"]: each for each in rendering.manifests if component(each) == "check"}


def container(rendering: Rendering) -> Manifest:
    found: Manifest = pod_template(hooks(rendering)["Job"])["spec"]["containers"][0]
    return found


def weight(manifest: Manifest) -> int:
    return int(manifest["metadata"]["annotations"]["helm.sh/hook-weight"])


def test_it_runs_the_renderers_check_with_its_config_and_secrets(helm: Helm) -> None:
    rendering = render(helm, "trial")

    job, renderer = container(rendering), rendering.named("Deployment", "release-marquee-renderer")
    assert renderer is not None
    assert ["python", "-m", "renderer", "check", "--wait", "60"] == [*job["command"], *job["args"]]
    given = rendering.variables(hooks(rendering)["Job"])
    assert given.keys() == rendering.variables(renderer).keys() - {"RENDERER_ROLE", "RENDER_CONCURRENCY"}


def test_it_comes_after_the_migration_and_what_it_needs_before_both(helm: Helm) -> None:
    rendering = render(helm, "networkpolicy")

    found = hooks(rendering)
    migrate = rendering.named("Job", "release-marquee-migrate")
    assert migrate is not None
    assert {"Job", "ConfigMap", "NetworkPolicy"} <= found.keys()
    assert weight(found["Job"]) > weight(migrate)
    assert all(weight(each) < weight(migrate) for kind, each in found.items() if kind != "Job")
    assert {NAME} == {each["metadata"]["name"] for each in found.values()}


def test_it_needs_nothing_that_the_release_makes(helm: Helm) -> None:
    """Before the first installation there is nothing of it, and before an upgrade only what was there before."""
    rendering = render(helm, "trial")

    job = container(rendering)
    named = {each["configMapRef"]["name"] for each in job["envFrom"]}
    named |= {each["valueFrom"]["secretKeyRef"]["name"] for each in job["env"] if "valueFrom" in each}
    assert {NAME} == named
    assert "default" == pod_template(hooks(rendering)["Job"])["spec"]["serviceAccountName"]


def test_with_secrets_from_elsewhere_it_makes_none(helm: Helm) -> None:
    assert "Secret" not in hooks(render(helm, "existing-secrets"))


def test_where_the_bucket_needs_a_role_of_the_release_the_other_stores_are_asked(helm: Helm) -> None:
    rendering = render(helm, "identity")

    job = container(rendering)
    assert ["python", "-m", "gateway"] == job["command"]
    assert "JWT_SECRET" in rendering.variables(hooks(rendering)["Job"])


def test_it_can_be_turned_off(helm: Helm) -> None:
    assert {} == hooks(render(helm, "trial", "check.enabled=false"))


@pytest.mark.parametrize("option", ["disk", "schedule"])
def test_it_opens_no_disk_cache(helm: Helm, option: str) -> None:
    rendering = render(helm, option)

    assert "true" == rendering.variables(hooks(rendering)["Job"])["EXTERNAL_CACHE_ONLY"]
