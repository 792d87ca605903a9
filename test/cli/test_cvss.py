"""`assay cvss` against the PyPI package cvss: ten thousand vectors of each version, from a fixed seed."""

import random
import subprocess

import pytest
from cvss import CVSS2, CVSS3, CVSS4, constants2, constants3, constants4

COUNT = 10_000

VALUES = {
    "2.0": {name: list(values) for name, values in constants2.METRICS_VALUES.items()},
    "3.0": {name: list(values) for name, values in constants3.METRICS_VALUES.items()},
    "3.1": {name: list(values) for name, values in constants3.METRICS_VALUES.items()},
    # In the order of the specification, which 4.0 demands.
    "4.0": {name: list(constants4.METRICS_VALUE_NAMES[name]) for name in constants4.METRICS_ABBREVIATIONS},
}
MANDATORY = {
    "2.0": constants2.METRICS_MANDATORY,
    "3.0": constants3.METRICS_MANDATORY,
    "3.1": constants3.METRICS_MANDATORY,
    "4.0": constants4.METRICS_MANDATORY,
}
PREFIX = {"2.0": "", "3.0": "CVSS:3.0/", "3.1": "CVSS:3.1/", "4.0": "CVSS:4.0/"}
TEMPORAL = ("E", "RL", "RC")
SUPPLEMENTAL = ("S", "AU", "R", "V", "RE", "U")
UNDEFINED = ("X", "ND")


def generate(version):
    """Vectors with from none to all of the optional metrics, versions 2 and 3 in any order."""
    source = random.Random(f"assay {version}")
    vectors = []
    for _ in range(COUNT):
        share = source.choice((0, 0.2, 0.5, 1))
        metrics = [
            f"{name}:{source.choice(values)}"
            for name, values in VALUES[version].items()
            if name in MANDATORY[version] or source.random() < share
        ]
        if version != "4.0" and source.random() < 0.3:
            source.shuffle(metrics)
        vectors.append(PREFIX[version] + "/".join(metrics))
    return vectors


def parts(vector):
    return dict(pair.split(":") for pair in vector.split("/") if not pair.startswith("CVSS:"))


def defined(vector, names):
    return any(parts(vector).get(name, "X") not in UNDEFINED for name in names)


def optional(version, kind):
    if kind == "temporal":
        return [name for name in TEMPORAL if name in VALUES[version]]
    other = list(MANDATORY[version]) + list(TEMPORAL) + (list(SUPPLEMENTAL) if version == "4.0" else [])
    return [name for name in VALUES[version] if name not in other]


def expected_2_and_3(version, vector):
    oracle = (CVSS2 if version == "2.0" else CVSS3)(vector)
    scores, severities = list(oracle.scores()), [word.upper() for word in oracle.severities()]
    for index, kind in ((1, "temporal"), (2, "environmental")):
        if not defined(vector, optional(version, kind)):
            scores[index] = severities[index] = None
    return scores, severities


def expected_4(vector):
    """The package gives one score; those of fewer metrics are the scores of shorter vectors."""

    def of(names):
        short = "CVSS:4.0/" + "/".join(f"{n}:{v}" for n, v in parts(vector).items() if n in names)
        oracle = CVSS4(short)
        return oracle.base_score, oracle.severity.upper()

    mandatory = list(MANDATORY["4.0"])
    results = [of(mandatory), (None, None), (None, None)]
    if defined(vector, ["E"]):
        results[1] = of(mandatory + ["E"])
    if defined(vector, optional("4.0", "environmental")):
        results[2] = of(VALUES["4.0"])
    return [score for score, _ in results], [word for _, word in results]


@pytest.mark.parametrize("version", PREFIX)
def test_scores(batch, version):
    vectors = generate(version)
    results, code = batch("cvss", vectors)
    assert code == 0
    assert len(results) == len(vectors)
    wrong = []
    for vector, result in zip(vectors, results):
        scores, severities = expected_4(vector) if version == "4.0" else expected_2_and_3(version, vector)
        last = max(index for index in range(3) if scores[index] is not None)
        found = [result.get(name) for name in ("base", "temporal", "environmental")]
        rated = [result.get(name + "_severity") for name in ("base", "temporal", "environmental")]
        if (
            result["version"] != version
            or found != scores
            or rated != severities
            or result["score"] != scores[last]
            or result["severity"] != severities[last]
        ):
            wrong.append((vector, result, scores, severities))
    assert not wrong, f"{len(wrong)} of {len(vectors)}, the first: {wrong[0]}"


@pytest.mark.parametrize("version", PREFIX)
def test_damaged_vectors_are_refused(batch, version):
    source = random.Random(f"assay damage {version}")
    damaged = []
    for vector in generate(version)[:1000]:
        fields = vector.removeprefix(PREFIX[version]).split("/")
        mandatory = [i for i, field in enumerate(fields) if field.split(":")[0] in MANDATORY[version]]
        at = source.choice(mandatory)
        name = fields[at].split(":")[0]
        change = source.choice(["missing", "twice", "value", "name", "empty", "slash"])
        if change == "missing":
            fields.pop(at)
        elif change == "twice":
            fields.insert(at, fields[at])
        elif change == "slash":
            fields.append("")
        else:
            fields[at] = {"value": f"{name}:Q", "name": "QQ:N", "empty": ""}[change]
        damaged.append(PREFIX[version] + "/".join(fields))
    results, code = batch("cvss", damaged)
    assert code == 1
    accepted = [vector for vector, result in zip(damaged, results) if "error" not in result]
    assert not accepted
    assert len(results) == len(damaged)


def test_one_vector(assay):
    done = subprocess.run(
        [assay, "cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == "CVSS 3.1: 9.8 CRITICAL"
    done = subprocess.run([assay, "cvss", "CVSS:3.1/AV:N"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert "AC is missing" in done.stderr
