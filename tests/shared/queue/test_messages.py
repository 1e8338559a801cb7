import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import Cause
from shared.domain.ids import Episode, ExternalId, IdType, TitleKind
from shared.queue.messages import Priority, RenderDone, RenderJob, decode_done, decode_job, encode_message
from shared.settings.content_url import picture_name
from shared.settings.digest import SettingsHash
from tests.shared.words import hashes, jobs, refs

LOOK = SettingsHash("0123456789abcdef0123456789abcdef")
done = st.builds(
    RenderDone,
    settings_hash=hashes,
    title=refs(),
    media=st.none() | st.just("movie-278"),
    etag=st.none() | hashes,
    cause=st.none() | st.sampled_from(Cause),
)

# What replicas of the first version wrote, which may stay in a stream for ever.
STORED_JOB = (
    b'{"type":"render.v1","settings_hash":"0123456789abcdef0123456789abcdef",'
    b'"title":{"id_type":"imdb","number":903747,"kind":null,"episode":{"season":1,"number":2}},"lane":"refresh"}'
)
STORED_DONE = (
    b'{"type":"done.v1","settings_hash":"0123456789abcdef0123456789abcdef",'
    b'"title":{"id_type":"tmdb","number":278,"kind":"movie","episode":null},"media":"movie-278","cause":null}'
)


@given(jobs)
def test_a_job_survives_the_round_trip(job: RenderJob) -> None:
    assert job == decode_job(encode_message(job))


@given(done)
def test_a_result_survives_the_round_trip(done: RenderDone) -> None:
    assert done == decode_done(encode_message(done))


def test_a_job_of_the_first_version_can_still_be_decoded() -> None:
    title = ExternalId(IdType.IMDB, 903747, None, Episode(1, 2))

    assert RenderJob(settings_hash=LOOK, title=title, lane=Priority.REFRESH) == decode_job(STORED_JOB)


def test_a_result_of_the_first_version_can_still_be_decoded() -> None:
    title = ExternalId(IdType.TMDB, 278, TitleKind.MOVIE)

    assert RenderDone(settings_hash=LOOK, title=title, media="movie-278") == decode_done(STORED_DONE)


@given(st.binary() | st.text().map(str.encode) | jobs.map(encode_message).flatmap(lambda body: st.just(body[:-1])))
def test_junk_raises_only_the_documented_errors(body: bytes) -> None:
    for decode in (decode_job, decode_done):
        with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
            decode(body)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b"null",
        STORED_DONE,
        STORED_JOB.replace(b"render.v1", b"render.v2"),
        STORED_JOB.replace(b'"refresh"', b'"express"'),
        STORED_JOB.replace(b"903747", b'"903747"'),
        STORED_JOB.replace(b'"imdb"', b'"\\u0000"'),
        b"\xff\xfe",
    ],
)
def test_jobs_of_another_version_are_refused(body: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, msgspec.DecodeError)):
        decode_job(body)


@given(jobs)
def test_a_job_and_its_result_have_one_name(job: RenderJob) -> None:
    told = RenderDone(settings_hash=job.settings_hash, title=job.title)

    assert job.picture == told.picture == picture_name(job.settings_hash, job.title)


def test_a_pictures_name_is_settings_hash_and_title() -> None:
    job = RenderJob(settings_hash=LOOK, title=ExternalId(IdType.IMDB, 111161))

    assert "0123456789abcdef0123456789abcdef:imdb:tt0111161" == job.picture
