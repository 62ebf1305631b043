from concurrent.futures import ThreadPoolExecutor

import pytest

from stepsmith.errors import RunError
from stepsmith.local.objects import ObjectStore
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


def test_a_sandbox_that_is_cleared_is_gone_with_all_that_is_in_it_and_with_its_runs_folder(tmp_path):
    store = Store(tmp_path / "store")
    folder = store.sandbox_folder("id", "step")
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").touch()
    (folder / "link").symlink_to(tmp_path)
    store.clear_sandbox("id", "step")
    assert not folder.parent.exists()
    assert tmp_path.is_dir()


def test_a_sandbox_that_is_cleared_leaves_those_of_other_steps_and_runs(tmp_path):
    store = Store(tmp_path)
    others = [store.sandbox_folder("id", "other"), store.sandbox_folder("other", "step")]
    for folder in (*others, store.sandbox_folder("id", "step")):
        folder.mkdir(parents=True)
    store.clear_sandbox("id", "step")
    assert not store.sandbox_folder("id", "step").exists()
    assert all(folder.is_dir() for folder in others)


def test_a_sandbox_that_was_never_made_can_be_cleared(tmp_path):
    Store(tmp_path / "store").clear_sandbox("id", "step")
    assert not (tmp_path / "store").exists()


def test_a_sandbox_that_is_cleared_leaves_the_folder_in_which_another_run_is_just_making_its_own(tmp_path):
    store = Store(tmp_path)
    for run in ("one", "other"):
        store.begin(run)
    store.sandbox_folder("one", "step").mkdir(parents=True)
    other = store.sandbox_folder("other", "step")
    assert other.parent.parent.is_dir()  # so far has the other run come
    store.clear_sandbox("one", "step")
    other.parent.mkdir()
    assert other.parent.is_dir()


def test_sandboxes_are_made_and_cleared_by_runs_at_the_same_time(tmp_path):
    store = Store(tmp_path)

    def one_run(name):
        store.begin(name)
        for _ in range(100):
            (store.sandbox_folder(name, "step") / "opt/ml").mkdir(parents=True, exist_ok=True)
            store.clear_sandbox(name, "step")

    with ThreadPoolExecutor(4) as pool:
        for one in [pool.submit(one_run, f"run{index}") for index in range(4)]:
            one.result()
    assert not any(store.sandbox_folder(f"run{index}", "step").exists() for index in range(4))


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


def test_a_store_that_cannot_be_made_is_refused_and_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunError) as caught:
        Store(tmp_path / "file").begin("id")
    assert caught.value.code == "RUN003"
    assert str(tmp_path / "file") in str(caught.value)


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
