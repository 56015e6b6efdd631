"""Uploaded files are read once and gone."""

from pathlib import Path

from llmweb.documents import Document
from llmweb.pages.parts import Click
from llmweb.pages.uploads import read_uploads, side_by_side, too_big


def test_files_are_deleted_whether_they_could_be_read_or_not(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    (tmp_path / "1" / "a.txt").write_text("Hello.")
    (tmp_path / "2" / "b.exe").write_text("x")
    read, failed = read_uploads([str(tmp_path / "1" / "a.txt"), str(tmp_path / "2" / "b.exe")])
    assert read == [Document("a.txt", "Hello.")]
    assert [str(error).split(".")[0] for error in failed] == ["b"]
    assert list(tmp_path.iterdir()) == []


def test_a_file_another_window_has_taken_is_told(tmp_path: Path) -> None:
    read, (error,) = read_uploads([str(tmp_path / "gone.txt")])
    assert read == []
    assert str(error) == "gone.txt cannot be opened: No such file or directory. Choose the file again."


def test_files_lie_side_by_side_under_their_names_until_they_are_read(tmp_path: Path) -> None:
    for place in ("1", "2", "3"):
        (tmp_path / place).mkdir()
        (tmp_path / place / ("b.txt" if place == "3" else "a.txt")).write_text(place)
    given = [str(tmp_path / "1" / "a.txt"), str(tmp_path / "2" / "a.txt"), str(tmp_path / "3" / "b.txt")]
    with side_by_side([*given, str(tmp_path / "4" / "gone.txt")]) as files:
        assert [file.name for file in files] == ["a.txt", "a.txt", "b.txt", "gone.txt"]
        assert [file.read_text() for file in files[:3]] == ["1", "2", "3"]
        assert files[0].parent == files[2].parent
        assert files[0].parent.stat().st_mode & 0o077 == 0
        assert not files[3].exists()
    assert not files[0].parent.exists()
    assert list(tmp_path.iterdir()) == []


def test_what_the_browser_says_of_a_big_file_is_only_text() -> None:
    assert str(too_big(Click("too-big", "200000000 all mails.txt", ""))) == (
        "all mails.txt has 200,000,000 bytes; the limit is 50,000,000. Split it or save only its text."
    )
    assert str(too_big(Click("too-big", "much x.txt", ""))).startswith("x.txt has too many bytes;")
