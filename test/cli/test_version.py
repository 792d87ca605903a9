"""`assay version`: single questions, batches, exit codes, and the conformance data through the program."""

import subprocess

import pytest


def run(assay, *arguments, lines=None):
    """The lines of standard output, and the exit code."""
    text = None if lines is None else "".join(line + "\n" for line in lines).encode()
    done = subprocess.run([assay, "version", *arguments], input=text, stdout=subprocess.PIPE, check=False)
    return done.stdout.decode().splitlines(), done.returncode


@pytest.mark.parametrize(
    "arguments, answer",
    [
        (("compare", "deb", "1.0~rc1-1", "1.0-1"), "<"),
        (("compare", "Rocky Linux", "1:1-1", "2-1"), ">"),
        (("compare", "PyPI", "1.0", "1"), "="),
        (("compare", "--", "deb", "1", "2"), "<"),
        (("satisfies", "npm", "1.9.0", "^1.2.3"), "true"),
        (("satisfies", "npm", "2.0.0-rc.1", "<2.0.0"), "false"),
        (("satisfies", "npm-prerelease", "2.0.0-rc.1", "<2.0.0"), "true"),
        (("satisfies", "deb", "1.5", "vers:pypi/>=1.0|<2"), "true"),
        (("covers", "npm", "2.0.0-rc.1", "<2.0.0"), "true"),
        (("canonical", "pypi", "V1.0-RC.1"), "1.0rc1"),
    ],
)
def test_single(assay, arguments, answer):
    assert run(assay, *arguments) == ([answer], 0)


def test_unknown_is_said_with_its_reason(assay):
    lines, code = run(assay, "compare", "pypi", "trunk", "1.0")
    assert code == 1 and len(lines) == 1
    assert lines[0].startswith("unknown\t") and "trunk" in lines[0]


@pytest.mark.parametrize(
    "arguments",
    [(), ("frobnicate",), ("compare",), ("compare", "nosuch", "1", "2"), ("compare", "deb", "1"),
     ("compare", "nosuch"), ("canonical", "deb", "1", "2")],
)
def test_usage(assay, arguments):
    assert run(assay, *arguments, lines=[]) == ([], 2)


def test_batch(assay):
    lines, code = run(assay, "compare", "-", lines=["deb\t1\t2", "PyPI\t2\t1.0", "npm\t1.0.0\tv1.0.0", "nosuch\t1\t2",
                                                    "deb\t1", "", "deb\t\t1", "deb\t1\t2\t3"])
    assert [line.split("\t")[0] for line in lines] == ["<", ">", "="] + ["unknown"] * 5
    assert code == 1
    assert run(assay, "satisfies", "gem", lines=["1.2.3\t~> 1.2.0", "1.3.0\t~> 1.2.0"]) == (["true", "false"], 0)
    assert run(assay, "canonical", "-", lines=["npm\tv1.2.3"]) == (["1.2.3"], 0)


def test_hostile_records_stay_on_their_lines(assay):
    done = subprocess.run([assay, "version", "compare", "deb"], input=b"1\x1b[31m\t2\n\0\t1\n" + b"9" * 5000 + b"\t1\n",
                          stdout=subprocess.PIPE, check=False)
    lines = done.stdout.split(b"\n")
    assert len(lines) == 4 and all(line.startswith(b"unknown\t") for line in lines[:3])
    assert b"\x1b" not in done.stdout and b"\0" not in done.stdout


def test_schemes(assay):
    lines, code = run(assay, "schemes")
    assert code == 0
    assert {"deb", "rpm", "apk", "pep440", "maven", "npm", "gem"} <= {line.split(" ")[0] for line in lines}


def test_conformance_order(assay, shared):
    """Both directions of every row; the rows that cannot hold are listed, with reasons, in the unit test."""
    rows = [line.split("\t") for line in (shared / "conformance/versions/compare.tsv").read_text().splitlines()[1:]]
    records = [f"{row[0]}\t{row[1]}\t{row[3]}" for row in rows] + [f"{row[0]}\t{row[3]}\t{row[1]}" for row in rows]
    expected = [row[2] for row in rows] + [{"<": ">", ">": "<", "=": "="}[row[2]] for row in rows]
    answers, _ = run(assay, "compare", "-", lines=records)
    assert len(answers) == len(records)
    wrong = sum(answer != want for answer, want in zip(answers, expected))
    assert wrong < 200
