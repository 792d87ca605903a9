"""What tests share does what it says."""

import common
import pytest


@pytest.fixture
def tries(tmp_path):
    """A program that fails so many times, and how often it ran."""
    said = tmp_path / "said"

    def program(failures):
        said.write_text("")
        return ["sh", "-c", f'echo x >> {said}; [ "$(wc -l < {said})" -gt {failures} ]'], lambda: len(said.read_text().split())

    return program


def test_what_cannot_be_fetched_is_tried_again(tries, monkeypatch, tmp_path):
    monkeypatch.setattr(common, "PAUSES", (0, 0))
    monkeypatch.setattr(common, "unavailable", pytest.fail)
    half = tmp_path / "half"
    half.mkdir()
    command, ran = tries(2)
    common.fetch(*command, into=half)
    assert ran() == 3 and not half.exists()
    command, ran = tries(3)
    with pytest.raises(pytest.fail.Exception, match="cannot fetch with sh"):
        common.fetch(*command)
    with pytest.raises(pytest.fail.Exception, match="no-such-program"):
        common.fetch("no-such-program")
