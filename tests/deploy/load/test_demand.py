"""What a load test asks for: popular pictures often, unseen ones once, and ids as a file has them."""

from collections import Counter
from pathlib import Path

import pytest

from deploy.load import demand
from deploy.load.demand import DEMO_IDS, BadIds, Demand, read_ids
from shared.domain.pictures import Format, Kind
from shared.settings.digest import settings_hash
from shared.settings.parameters import parse

KEY = "a key/with signs"


def test_the_first_title_is_the_most_popular() -> None:
    asked = Demand(KEY, DEMO_IDS)

    seen = Counter(asked.popular().partition("?")[0] for _ in range(5000))

    assert f"/a%20key%2Fwith%20signs/imdb/poster-default/{DEMO_IDS[0]}.jpg" == seen.most_common(1)[0][0]


def test_an_unseen_picture_is_asked_for_once() -> None:
    asked = Demand(KEY, DEMO_IDS)
    several_looks = 5 * len(DEMO_IDS)

    paths = [asked.unseen() for _ in range(several_looks)]

    assert several_looks == len(set(paths))
    assert 5 == len({look_of(path) for path in paths})


def test_every_title_is_asked_for_before_the_next_look() -> None:
    asked = Demand(KEY, DEMO_IDS)

    first = [asked.unseen() for _ in DEMO_IDS]

    assert set(map(str, DEMO_IDS)) == {path.rpartition("/")[2].partition(".")[0] for path in first}
    assert 1 == len({look_of(path) for path in first})


def test_two_runs_have_looks_of_their_own() -> None:
    paths = [Demand(KEY, DEMO_IDS).unseen() for _ in range(2)]

    assert 2 == len({look_of(path) for path in paths})


def look_of(path: str) -> str:
    order = path.partition("?ratings_order=")[2]
    return settings_hash(parse(Kind.POSTER, Format.JPG, {"ratings_order": order}))


def test_a_file_of_ids_may_have_comments_and_repeat_itself(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("# films\ntt0017136\nmovie-653  # Nosferatu\n\ntt0017136\n")

    assert [("imdb", "tt0017136"), ("tmdb", "movie-653")] == [(ref.id_type, str(ref)) for ref in read_ids(str(file))]


def test_an_id_is_requested_under_its_own_type(tmp_path: Path) -> None:
    file = tmp_path / "ids.txt"
    file.write_text("movie-653\n")

    assert Demand("key", read_ids(str(file))).unseen().startswith("/key/tmdb/poster-default/movie-653.jpg?")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"tt0017136\n278\n", r"ids\.txt, line 2: '278' is not an id of a known form"),
        (b"# nothing\n", r"ids\.txt contains no ids"),
        (b"\xff\xfe", r"ids\.txt, line 1: .* is not an id of a known form"),
    ],
)
def test_a_file_without_good_ids_is_refused_with_a_sentence(tmp_path: Path, text: bytes, sentence: str) -> None:
    file = tmp_path / "ids.txt"
    file.write_bytes(text)

    with pytest.raises(BadIds, match=sentence):
        read_ids(str(file))


def test_a_file_that_is_not_there_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadIds, match="cannot be read"):
        read_ids(str(tmp_path / "none.txt"))


def test_no_more_lines_are_read_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demand, "MOST_IDS", 2)
    file = tmp_path / "ids.txt"
    file.write_text("tt0000001\ntt0000002\nno id, and not read\n")

    assert ["tt0000001", "tt0000002"] == [str(ref) for ref in read_ids(str(file))]
