"""Pre-releases and their like against advisory ranges, as the OSV schema evaluates them: by the order of versions alone,
so a pre-release of the fixed version is affected and one of the first affected version is not."""

import pytest
from buckets import Mirror, match

TYPES = {"npm": "npm", "crates.io": "cargo", "Go": "golang", "PyPI": "pypi", "Maven": "maven", "RubyGems": "gem",
         "NuGet": "nuget", "Packagist": "composer"}
S, E = "SEMVER", "ECOSYSTEM"
ROWS = [
    # ecosystem, type of range, introduced, (kind of end, end), version, affected? (None: unknown)
    ("npm", S, "0", ("fixed", "1.0.0"), "1.0.0-rc.1", True),
    ("npm", S, "0", ("fixed", "1.0.0"), "1.0.0", False),
    ("npm", S, "0", ("fixed", "1.0.0"), "1.0.0+build.1", False),
    ("npm", S, "0", ("fixed", "1.0.0-rc.2"), "1.0.0-rc.1", True),
    ("npm", S, "0", ("fixed", "1.0.0-rc.2"), "1.0.0-rc.10", False),
    ("npm", S, "0", ("fixed", "1.0.0-0"), "1.0.0-alpha", False),
    ("npm", S, "1.0.0", ("fixed", "2.0.0"), "1.0.0-rc.1", False),
    ("npm", S, "1.0.0", ("fixed", "2.0.0"), "2.0.0-beta", True),
    ("npm", S, "1.0.0-0", ("fixed", "2.0.0"), "1.0.0-rc.1", True),
    ("npm", S, "0", ("last_affected", "1.0.0"), "1.0.1-rc.1", False),
    ("npm", S, "0", ("last_affected", "1.0.0"), "1.0.0-rc.1", True),
    ("npm", S, "0", ("limit", "1.0.0"), "1.0.0-rc.1", True),
    ("npm", S, "0", None, "1.0.0-rc.1", True),
    ("npm", E, "0", ("fixed", "1.0.0"), "1.0.0-rc.1", True),
    ("npm", S, "0", ("fixed", "1.0.0"), "next", None),
    ("npm", S, "0", ("fixed", "one"), "1.0.0", None),
    ("crates.io", S, "0.0.0-0", ("fixed", "0.3.0"), "0.3.0-alpha.1", True),
    ("crates.io", S, "0.0.0-0", ("fixed", "0.3.0-0"), "0.3.0-alpha.1", False),
    ("Go", S, "0", ("fixed", "1.2.3"), "v1.2.3-0.20210101000000-0123456789ab", True),
    ("Go", S, "0", ("fixed", "1.2.3"), "v1.2.4-0.20210101000000-0123456789ab", False),
    ("Go", S, "0", ("fixed", "2.8.0"), "v2.7.1+incompatible", True),
    ("Go", S, "0", ("fixed", "2.8.0"), "v2.8.0+incompatible", False),
    ("PyPI", E, "0", ("fixed", "1.0"), "1.0rc1", True),
    ("PyPI", E, "0", ("fixed", "1.0"), "1.0.dev3", True),
    ("PyPI", E, "0", ("fixed", "1.0"), "1.0.post1", False),
    ("PyPI", E, "1.0", ("fixed", "2.0"), "1.0b2", False),
    ("PyPI", E, "1.0a1", ("fixed", "2.0"), "1.0b2", True),
    ("PyPI", E, "0", ("last_affected", "1.0"), "1.0rc1", True),
    ("Maven", E, "0", ("fixed", "1.0"), "1.0-rc1", True),
    ("Maven", E, "0", ("fixed", "1.0"), "1.0-SNAPSHOT", True),
    ("Maven", E, "0", ("fixed", "1.0"), "1.0.Final", False),
    ("Maven", E, "1.0", ("fixed", "2.0"), "1.0-M1", False),
    ("RubyGems", E, "0", ("fixed", "1.0.0"), "1.0.0.rc1", True),
    ("RubyGems", E, "1.0.0", ("fixed", "2.0.0"), "1.0.0.rc1", False),
    ("NuGet", E, "0", ("fixed", "1.0.0"), "1.0.0-beta.2", True),
    ("NuGet", E, "0", ("fixed", "1.0"), "1.0.0.0", False),
    ("Packagist", E, "0", ("fixed", "1.0.0"), "1.0.0-RC1", True),
    ("Packagist", E, "1.0.0", ("fixed", "2.0.0"), "v1.0.0-beta1", False),
]


@pytest.fixture(scope="module")
def reports(assay, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranges")
    mirror, inventories = Mirror(folder / "mirror"), []
    for number, (ecosystem, kind, introduced, end, version, _) in enumerate(ROWS):
        events = [{"introduced": introduced}, *([{end[0]: end[1]}] if end else [])]
        group = "example" if ecosystem in ("Maven", "Packagist") else ""
        name = group + {"Maven": ":", "Packagist": "/"}.get(ecosystem, "") + f"thing{number}"
        mirror.add_osv(ecosystem, ecosystem, name, f"CVE-2026-{number:04}", [events], "GHSA", type=kind)
        inventories.append({"packages": [
            {"type": TYPES[ecosystem], "namespace": group, "name": f"thing{number}", "version": version}]})
    return match(assay, mirror.build(assay, folder / "ranges.db"), inventories)


@pytest.mark.parametrize("number", range(len(ROWS)), ids=lambda n: " ".join(map(str, ROWS[n])))
def test_range(reports, number):
    verdicts = [f["verdict"] for f in reports[number]["findings"]]
    assert verdicts == {True: ["affected"], False: [], None: ["unknown"]}[ROWS[number][5]]
