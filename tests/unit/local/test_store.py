from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.local.object_store import ObjectStore
from stepsmith.local.store import Store, find_store


def test_everything_of_a_store_has_its_place_below_its_root_and_nothing_is_made_by_asking(tmp_path):
    store = Store(tmp_path / "store")
    assert store.objects == ObjectStore(store.root / "objects")
    assert store.database == store.root / "stepsmith.db"
    assert store.run_folder("id") == store.root / "runs" / "id"
    assert store.sandbox_folder("id", "step").is_relative_to(store.root)
    assert not store.root.exists()


def test_no_two_steps_and_no_two_runs_share_a_sandbox(tmp_path):
    store = Store(tmp_path)
    assert len({store.sandbox_folder(run, step) for run in ("a", "b") for step in ("x", "y")}) == 4


def test_all_that_a_run_needs_only_while_it_executes_is_in_one_folder(tmp_path):
    store = Store(tmp_path / "store")
    place = store.working_folder("id")
    assert place.is_relative_to(store.root)
    assert store.sandbox_folder("id", "step").is_relative_to(place)
    assert store.objects_in("id") == ObjectStore(store.objects.root, place / "parts")
    assert not store.run_folder("id").is_relative_to(place)
    assert not store.root.exists()


def test_the_folders_of_runs_have_their_ids(tmp_path):
    store = Store(tmp_path / "store")
    assert store.working_folders() == []
    for run in ("b", "a"):
        store.sandbox_folder(run, "step").mkdir(parents=True)
    assert [place.name for place in store.working_folders()] == ["a", "b"]
    assert store.working_folders() == [store.working_folder("a"), store.working_folder("b")]


def test_of_a_run_that_ends_all_is_removed_but_its_logs_and_what_links_lead_to(tmp_path):
    store = Store(tmp_path / "store")
    store.begin("id")
    folder = store.sandbox_folder("id", "step")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep/file").touch()
    (folder / "link").symlink_to(tmp_path)
    store.end("id")
    assert not store.working_folder("id").parent.exists()
    assert store.run_folder("id").is_dir()


def test_a_run_that_ends_leaves_what_other_runs_need(tmp_path):
    store = Store(tmp_path)
    for run in ("one", "other"):
        store.sandbox_folder(run, "step").mkdir(parents=True)
    store.end("one")
    assert store.working_folders() == [store.working_folder("other")]
    assert store.sandbox_folder("other", "step").is_dir()


def test_a_run_that_needed_nothing_can_end(tmp_path):
    Store(tmp_path / "store").end("id")
    assert not (tmp_path / "store").exists()


def test_folders_are_made_and_removed_by_runs_at_the_same_time(tmp_path):
    store = Store(tmp_path)

    def one_run(name):
        for _ in range(100):
            store.make_working_folder(name)
            (store.sandbox_folder(name, "step") / "opt/ml").mkdir(parents=True)
            store.end(name)

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(one_run, f"run{index}") for index in range(4)]:
            one.result()
    assert not (tmp_path / "running").exists()


@pytest.mark.parametrize("taken", [pytest.param("", id="the store itself"), "running", "running/id"])
def test_a_run_whose_folder_cannot_be_made_is_refused(tmp_path, expect_error, taken):
    store = Store(tmp_path / "store")
    (tmp_path / "store" / taken).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "store" / taken).touch()
    with expect_error("RUN003"):
        store.make_working_folder("id")


def test_a_store_that_begins_a_run_is_made_with_the_folder_of_its_logs_and_left_out_of_repositories(tmp_path):
    store = Store(tmp_path / "deep/store")
    store.begin("id")
    assert store.run_folder("id").is_dir()
    assert (store.root / ".gitignore").read_text().splitlines()[-1] == "*"


def test_a_store_keeps_what_was_written_into_its_gitignore(tmp_path):
    store = Store(tmp_path)
    (tmp_path / ".gitignore").write_text("!runs\n")
    store.begin("id")
    assert (tmp_path / ".gitignore").read_text() == "!runs\n"


def test_a_store_that_cannot_be_made_is_refused_and_named(tmp_path, expect_error):
    (tmp_path / "file").touch()
    with expect_error("RUN003"):
        Store(tmp_path / "file").begin("id")


@pytest.fixture
def project(tmp_path):
    """A folder with a store in it, and folders below that have none."""
    (tmp_path / "project/.stepsmith").mkdir(parents=True)
    (tmp_path / "project/a/b").mkdir(parents=True)
    return tmp_path / "project"


@pytest.mark.parametrize("below", ["", "a", "a/b"])
def test_the_store_is_that_of_the_nearest_folder_above_that_has_one(project, below):
    assert find_store(project / below) == Store(project / ".stepsmith")


def test_a_nearer_store_comes_before_one_further_up(project):
    (project / "a/.stepsmith").mkdir()
    assert find_store(project / "a/b") == Store(project / "a/.stepsmith")


def test_where_there_is_none_the_store_is_in_the_folder_itself_and_is_not_made(tmp_path):
    (tmp_path / "empty").mkdir()
    assert find_store(tmp_path / "empty") == Store(tmp_path / "empty/.stepsmith")
    assert not (tmp_path / "empty/.stepsmith").exists()


def test_a_file_of_the_stores_name_is_no_store(project):
    (project / "a/.stepsmith").touch()
    assert find_store(project / "a/b") == Store(project / ".stepsmith")


def test_the_search_begins_in_the_working_directory_where_no_folder_is_given(project, monkeypatch):
    monkeypatch.chdir(project / "a")
    assert find_store() == Store(project / ".stepsmith")


def test_the_search_goes_up_from_where_a_link_leads(project, tmp_path):
    (tmp_path / "link").symlink_to(project / "a")
    assert find_store(tmp_path / "link") == Store(project / ".stepsmith")
