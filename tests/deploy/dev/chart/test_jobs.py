"""Operator commands as Jobs of Kubernetes: what they run, with what, and when they run again."""

import pytest

from tests.deploy.dev.chart.helm import Helm
from tests.deploy.dev.chart.rendering import Manifest, Rendering, component, pod_template, render

SCHEDULE = "jobs.prewarm.schedule=@daily"


def job(rendering: Rendering, name: str) -> Manifest:
    (found,) = [each for each in rendering.of("Job", "CronJob") if component(each) == name]
    return found


def container(manifest: Manifest) -> Manifest:
    found: Manifest = pod_template(manifest)["spec"]["containers"][0]
    return found


def test_none_runs_unless_asked_for(helm: Helm) -> None:
    assert {"migrate", "check"} == {component(each) for each in render(helm, "minimal").of("Job", "CronJob")}


def test_a_job_runs_a_command_of_the_renderer_with_its_arguments(helm: Helm) -> None:
    rendering = render(helm, "jobs")

    prewarm, rebuild = (container(job(rendering, name)) for name in ("prewarm", "rebuild-index"))
    renderer = pod_template(rendering.of("Deployment")[-1])["spec"]["containers"][0]
    assert ["python", "-m", "renderer.cli"] == prewarm["command"] == rebuild["command"]
    assert ["prewarm", "--list", "tmdb:trending/movie/week", "--pace", "5"] == prewarm["args"]
    assert ["rebuild-index", "--prune"] == rebuild["args"]
    assert {"requests": {"cpu": "500m"}} == rebuild["resources"]
    assert renderer["image"] == prewarm["image"] == rebuild["image"]


@pytest.mark.parametrize("name", ["prewarm", "rebuild-index"])
def test_a_job_has_the_config_and_the_secrets_of_a_renderer(helm: Helm, name: str) -> None:
    rendering = render(helm, "jobs")

    given = rendering.variables(job(rendering, name))
    assert given.keys() == rendering.variables(rendering.of("Deployment")[-1]).keys() - {"RENDERER_ROLE"}


@pytest.mark.parametrize("name", ["prewarm", "rebuild-index"])
def test_a_job_may_reach_what_a_renderer_reaches(helm: Helm, name: str) -> None:
    policies = {component(each): each["spec"]["egress"] for each in render(helm, "jobs").of("NetworkPolicy")}

    assert policies["renderer"] == policies[name]


@pytest.mark.parametrize("name", ["prewarm", "rebuild-index"])
def test_a_job_runs_where_renderers_run(helm: Helm, name: str) -> None:
    assert {"kubernetes.io/arch": "amd64"} == pod_template(job(render(helm, "jobs"), name))["spec"]["nodeSelector"]


def test_titles_are_a_file_that_is_the_first_argument(helm: Helm) -> None:
    rendering = render(helm, "schedule")

    prewarm = job(rendering, "prewarm")
    titles = rendering.named("ConfigMap", "release-marquee-prewarm")
    mounts = {each["name"]: each["mountPath"] for each in container(prewarm)["volumeMounts"]}
    assert ["prewarm", "/titles/ids.txt"] == container(prewarm)["args"]
    assert {"scratch": "/tmp", "titles": "/titles"} == mounts  # noqa: S108 - a volume of the pod
    assert titles is not None
    assert {"ids.txt": "tt0111161\ntmdb:movie-603\n"} == titles["data"]


def test_with_a_schedule_it_is_a_cron_job_that_never_overlaps_itself(helm: Helm) -> None:
    prewarm = job(render(helm, "schedule"), "prewarm")

    assert ("CronJob", "30 2 * * *", "Forbid") == (
        prewarm["kind"],
        prewarm["spec"]["schedule"],
        prewarm["spec"]["concurrencyPolicy"],
    )


def test_a_job_keeps_no_copies_on_disk(helm: Helm) -> None:
    rendering = render(helm, "schedule")

    assert "true" == rendering.variables(job(rendering, "prewarm"))["EXTERNAL_CACHE_ONLY"]


@pytest.mark.parametrize(
    ("setting", "runs_again"),
    [
        ("jobs.prewarm.args={--list,tmdb:movie/popular}", True),
        ("jobs.prewarm.ids={tt0111161}", True),
        ("renderer.config.S3_BUCKET=others", True),
        ("renderer.image.tag=next", True),
        ("gateway.replicas=5", False),
        ("jobs.prewarm.backoffLimit=5", False),
    ],
)
def test_a_job_runs_again_only_when_what_it_does_changes(helm: Helm, setting: str, *, runs_again: bool) -> None:
    before, after = (job(each, "prewarm") for each in (render(helm, "jobs"), render(helm, "jobs", setting)))

    assert runs_again == (before["metadata"]["name"] != after["metadata"]["name"])


@pytest.mark.parametrize("setting", ["gateway.replicas=5", SCHEDULE])
def test_a_job_of_the_same_name_is_the_same_pod(helm: Helm, setting: str) -> None:
    before, after = (job(each, "rebuild-index") for each in (render(helm, "jobs"), render(helm, "jobs", setting)))

    assert before == after


def test_wrong_arguments_are_not_retried(helm: Helm) -> None:
    rules = job(render(helm, "jobs"), "prewarm")["spec"]["podFailurePolicy"]["rules"]

    assert [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [2, 3]}}] == rules


def test_long_names_still_fit(helm: Helm) -> None:
    long = f"fullnameOverride={'n' * 60}"

    names = [each["metadata"]["name"] for each in render(helm, "jobs", long).of("Job")]
    scheduled = [each["metadata"]["name"] for each in render(helm, "jobs", long, SCHEDULE).of("CronJob")]
    assert 63 >= max(map(len, names))
    assert 52 >= max(map(len, scheduled))
