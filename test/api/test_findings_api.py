"""ListFindings: every key of the criteria and every sort against a plain evaluation of the same findings; details by ARN."""

import collections
import contextlib
import datetime
import sqlite3

import botocore.session
import pytest
import tiny
from botocore.exceptions import ClientError
from common import ACCOUNT, REGION, wait_for
from images import Image, Registry
from model import checked, equals
from model import fields
from world import populate

MODEL = botocore.session.get_session().get_service_model("inspector2")
KEYS = MODEL.shape_for("FilterCriteria").members


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    one = Registry(tmp_path_factory.mktemp("registry"))
    yield one
    one.stop()


@pytest.fixture(scope="module")
def own(make_server, tmp_path_factory, registry):
    """The shared world, and images: of two repositories and architectures, with tags, one of them in use."""
    server = populate(make_server(), tmp_path_factory.mktemp("world"))
    debian = {name: content for name, content in tiny.host().items() if name.startswith(("etc", "var/lib/dpkg/s"))}
    shop = Image(debian, {"srv/package-lock.json": tiny.lock({"lodash": "4.17.15"})}, author="Somebody <s@example.org>")
    mail = Image({"srv/package-lock.json": tiny.lock({"minimist": "1.2.0"})}, architecture="arm64")
    registry.push("team/shop", "latest", shop)
    registry.push("team/shop", "1.0", shop)
    registry.push("mail", "2", mail)
    server.call("POST", "/assay/v1/origins", {"kind": "REGISTRY", "url": registry.url, "options": {"pollSeconds": 3600}})
    image = equals("AWS_ECR_CONTAINER_IMAGE")
    wait_for(lambda: len({f["resources"][0]["id"] for f in server.findings(resourceType=image)}) == 2)
    wait_for(lambda: not asked(server, "SELECT id FROM job"))
    # Only AWS tells that an image is in use.
    details = "json_set(details, '$.awsEcrContainerImage.inUseCount', 3, '$.awsEcrContainerImage.lastInUseAt', 1700000000)"
    asked(server, f"UPDATE resource SET in_use_count = 3, last_in_use = 1700000000, details = {details} WHERE name = 'team/shop' AND type = 1")
    return server


def asked(server, text):
    """What the state says, or is told."""
    with contextlib.closing(sqlite3.connect(server.data / "state.db", timeout=30)) as db, db:
        return db.execute(text).fetchall()


@pytest.fixture(scope="module")
def findings(inspector):
    return listed(inspector)


def listed(inspector, size=100, **arguments):
    pages = list(inspector.get_paginator("list_findings").paginate(PaginationConfig={"PageSize": size}, **arguments))
    assert all(page["findings"] for page in pages[1:]), "no page is empty but the only one"
    return [finding for page in pages for finding in page["findings"]]


def resource(finding, *path):
    value = finding["resources"][0]
    for name in path:
        value = (value or {}).get(name)
    return value


def package(finding):
    return finding.get("packageVulnerabilityDetails", {})


def lists(value):
    return [] if value is None else value if isinstance(value, list) else [value]


def detail(kind, *names):
    return lambda f: lists(next((v for n in names if (v := resource(f, "details", kind, n)) is not None), None))


def nothing(_):
    return []


# What a key of the criteria looks at: a list of values.
VALUES = {
    "findingArn": lambda f: [f["findingArn"]],
    "awsAccountId": lambda f: [f["awsAccountId"]],
    "findingType": lambda f: [f["type"]],
    "severity": lambda f: [f["severity"]],
    "firstObservedAt": lambda f: [f["firstObservedAt"]],
    "lastObservedAt": lambda f: [f["lastObservedAt"]],
    "updatedAt": lambda f: [f["updatedAt"]],
    "findingStatus": lambda f: [f["status"]],
    "title": lambda f: [f["title"]],
    "inspectorScore": lambda f: lists(f.get("inspectorScore")),
    "resourceType": lambda f: [resource(f, "type")],
    "resourceId": lambda f: [resource(f, "id")],
    "resourceTags": lambda f: list((resource(f, "tags") or {}).items()),
    "ec2InstanceImageId": detail("awsEc2Instance", "imageId"),
    "ec2InstanceVpcId": detail("awsEc2Instance", "vpcId"),
    "ec2InstanceSubnetId": detail("awsEc2Instance", "subnetId"),
    "ecrImagePushedAt": detail("awsEcrContainerImage", "pushedAt"),
    "ecrImageArchitecture": detail("awsEcrContainerImage", "architecture"),
    "ecrImageRegistry": detail("awsEcrContainerImage", "registry"),
    "ecrImageRepositoryName": detail("awsEcrContainerImage", "repositoryName"),
    "ecrImageTags": detail("awsEcrContainerImage", "imageTags"),
    "ecrImageHash": detail("awsEcrContainerImage", "imageHash"),
    "ecrImageLastInUseAt": detail("awsEcrContainerImage", "lastInUseAt"),
    "ecrImageInUseCount": detail("awsEcrContainerImage", "inUseCount"),
    "portRange": nothing,
    "networkProtocol": nothing,
    "componentId": nothing,
    "componentType": nothing,
    "vulnerabilityId": lambda f: lists(package(f).get("vulnerabilityId")),
    "vulnerabilitySource": lambda f: lists(package(f).get("source")),
    "vendorSeverity": lambda f: lists(package(f).get("vendorSeverity")),
    "vulnerablePackages": lambda f: package(f).get("vulnerablePackages", []),
    "relatedVulnerabilities": lambda f: package(f).get("relatedVulnerabilities", []),
    "fixAvailable": lambda f: lists(f.get("fixAvailable")),
    "lambdaFunctionName": detail("awsLambdaFunction", "functionName"),
    "lambdaFunctionLayers": detail("awsLambdaFunction", "layers"),
    "lambdaFunctionRuntime": detail("awsLambdaFunction", "runtime"),
    "lambdaFunctionLastModifiedAt": detail("awsLambdaFunction", "lastModifiedAt"),
    "lambdaFunctionExecutionRoleArn": detail("awsLambdaFunction", "executionRoleArn"),
    "exploitAvailable": lambda f: lists(f.get("exploitAvailable")),
    "codeVulnerabilityDetectorName": nothing,
    "codeVulnerabilityDetectorTags": nothing,
    "codeVulnerabilityFilePath": nothing,
    "epssScore": lambda f: lists(f.get("epss", {}).get("score")),
    "codeRepositoryProjectName": nothing,
    "codeRepositoryProviderType": nothing,
    "cloudProvider": lambda f: lists(resource(f, "provider")),
    "cloudProviderRegion": lambda f: lists(resource(f, "region")),
    "cloudProviderAccountId": lambda f: lists(resource(f, "providerAccountId")),
    "cloudProviderOrgId": lambda f: lists(resource(f, "providerOrgId")),
    "machineImageId": nothing,
    "machineImageName": nothing,
    "machineImageOwnerAccountId": nothing,
    "machineImagePlatform": nothing,
    "cloudVmImageReference": detail("vm", "vmImageReference"),
    "cloudVmNetworkId": detail("vm", "networkId"),
    "cloudVmSubnetIds": detail("vm", "subnetIds"),
    "cloudImageRepositoryName": detail("image", "repositoryName"),
    "cloudImageRegistry": detail("image", "registry"),
    "cloudImageDigest": detail("image", "imageDigest"),
    "cloudImageTags": detail("image", "imageTags"),
    "cloudImagePushedAt": detail("image", "pushedAt"),
    "cloudImageArchitecture": detail("image", "architecture"),
    "cloudImageLastInUseAt": detail("image", "lastInUseAt"),
    "cloudImageInUseCount": detail("image", "inUseCount"),
    "cloudServerlessFunctionName": detail("serverlessFunction", "serverlessFunctionName"),
    "cloudServerlessFunctionRuntime": detail("serverlessFunction", "runtime"),
    "cloudServerlessFunctionLastModifiedAt": detail("serverlessFunction", "lastModifiedAt"),
    "cloudServerlessFunctionExecutionRole": detail("serverlessFunction", "executionRole"),
}


def seconds(value):
    return value.timestamp() if isinstance(value, datetime.datetime) else value


def string_meets(entry, values):
    comparison, wanted = entry["comparison"], entry["value"]
    if comparison == "NOT_EQUALS":
        return all(value != wanted for value in values)
    return any(value == wanted if comparison == "EQUALS" else value.startswith(wanted) for value in values)


def range_meets(entry, values, low, high):
    return any(entry.get(low, float("-inf")) <= seconds(value) <= entry.get(high, float("inf")) for value in values)


PARTS = {"architecture": "arch"}


def package_meets(entry, one):
    for name, part in entry.items():
        values = lists(one.get(PARTS.get(name, name)))
        if name == "epoch":
            if not range_meets(part, values, "lowerInclusive", "upperInclusive"):
                return False
        elif not string_meets(part, values):
            return False
    return True


def meets(kind, entries, values):
    """One key: alternatives, and every NOT_EQUALS."""
    if kind == "StringFilterList":
        negative = [e for e in entries if e["comparison"] == "NOT_EQUALS"]
        positive = [e for e in entries if e["comparison"] != "NOT_EQUALS"]
        return all(string_meets(e, values) for e in negative) and (not positive or any(string_meets(e, values) for e in positive))
    if kind == "MapFilterList":
        return any((e["key"], e["value"]) in values if "value" in e else any(k == e["key"] for k, _ in values) for e in entries)
    if kind == "DateFilterList":
        return any(range_meets(e, values, "startInclusive", "endInclusive") for e in entries)
    if kind == "NumberFilterList":
        return any(range_meets(e, values, "lowerInclusive", "upperInclusive") for e in entries)
    if kind == "PackageFilterList":
        return any(package_meets(e, one) for e in entries for one in values)
    assert kind == "PortRangeFilterList"
    return False


def string_cases(values):
    some = sorted(set(values))[:5]
    for value in some:
        yield equals(value)
        yield [{"comparison": "PREFIX", "value": value[: max(1, len(value) // 2)]}]
        yield [{"comparison": "NOT_EQUALS", "value": value}]
    yield equals("none of them")
    yield [{"comparison": "NOT_EQUALS", "value": "none of them"}]
    if len(some) > 1:
        yield equals(*some[:2])
        yield [{"comparison": "NOT_EQUALS", "value": value} for value in some[:2]]
        yield equals(some[0]) + [{"comparison": "NOT_EQUALS", "value": some[1]}]


def range_cases(values, low, high):
    some = sorted({seconds(value) for value in values})
    for value in [*some[:3], *some[-2:]]:
        yield [{low: value, high: value}]
        yield [{low: value}]
        yield [{high: value}]
    yield [{low: 0.5, high: 0.5}]
    if some:
        yield [{high: some[0]}, {low: some[-1]}]


def package_cases(packages):
    for name in ("name", "version", "architecture", "release", "filePath", "sourceLayerHash", "sourceLambdaLayerArn"):
        values = sorted({p[PARTS.get(name, name)] for p in packages if p.get(PARTS.get(name, name))})
        for value in [*values[:3], "none of them"]:
            yield [{name: equals(value)[0]}]
            yield [{name: {"comparison": "PREFIX", "value": value[:2]}}]
    for p in packages[:3]:
        yield [{"name": equals(p["name"])[0], "version": equals(p["version"])[0]}]
        yield [{"name": equals(p["name"])[0], "version": equals("none of them")[0]}]
    yield [{"epoch": {"lowerInclusive": 1, "upperInclusive": 1}}]


def cases(kind, values):
    if kind == "StringFilterList":
        return string_cases(values)
    if kind == "MapFilterList":
        some = [{"comparison": "EQUALS", "key": k, "value": v} for k, v in sorted(set(values))]
        return [[one] for one in some] + [some[:2], [{"comparison": "EQUALS", "key": "Name"}], [{"comparison": "EQUALS", "key": "no", "value": ""}]]
    if kind == "DateFilterList":
        return range_cases(values, "startInclusive", "endInclusive")
    if kind == "NumberFilterList":
        return range_cases(values, "lowerInclusive", "upperInclusive")
    if kind == "PackageFilterList":
        return package_cases(values)
    return [[{"beginInclusive": 0, "endInclusive": 65535}]]


def test_the_world_has_what_the_tests_need(findings):
    assert {f["status"] for f in findings} == {"ACTIVE", "SUPPRESSED", "CLOSED"}
    assert {resource(f, "type") for f in findings} == {"AWS_EC2_INSTANCE", "AWS_LAMBDA_FUNCTION", "AWS_ECR_CONTAINER_IMAGE"}
    images = [key for key in KEYS if key.startswith(("ecrImage", "cloudImage"))]
    assert len(images) == 16 and all(any(VALUES[key](f) for f in findings) for key in images)
    assert len({f["severity"] for f in findings}) >= 4
    assert set(KEYS) <= set(VALUES), "every key of the model has a reading here"


@pytest.mark.parametrize("key", KEYS)
def test_key(inspector, findings, key):
    kind = KEYS[key].name
    values = [value for f in findings for value in VALUES[key](f)]
    for entries in cases(kind, values):
        expected = {f["findingArn"] for f in findings if meets(kind, entries, VALUES[key](f))}
        found = listed(inspector, filterCriteria={key: entries})
        assert {f["findingArn"] for f in found} == expected, entries
        assert len(found) == len(expected)


def test_keys_together(inspector, findings):
    criteria = {"severity": equals("HIGH", "CRITICAL"), "findingStatus": equals("ACTIVE"), "resourceType": equals("AWS_EC2_INSTANCE")}
    expected = {
        f["findingArn"] for f in findings if all(meets("StringFilterList", e, VALUES[k](f)) for k, e in criteria.items())
    }
    assert expected and {f["findingArn"] for f in listed(inspector, filterCriteria=criteria)} == expected


SORTS = {
    "AWS_ACCOUNT_ID": "awsAccountId", "FINDING_TYPE": "findingType", "SEVERITY": "severity", "FIRST_OBSERVED_AT": "firstObservedAt",
    "LAST_OBSERVED_AT": "lastObservedAt", "FINDING_STATUS": "findingStatus", "RESOURCE_TYPE": "resourceType",
    "ECR_IMAGE_PUSHED_AT": "ecrImagePushedAt", "ECR_IMAGE_REPOSITORY_NAME": "ecrImageRepositoryName",
    "ECR_IMAGE_REGISTRY": "ecrImageRegistry", "NETWORK_PROTOCOL": "networkProtocol", "COMPONENT_TYPE": "componentType",
    "VULNERABILITY_ID": "vulnerabilityId", "VULNERABILITY_SOURCE": "vulnerabilitySource", "INSPECTOR_SCORE": "inspectorScore",
    "VENDOR_SEVERITY": "vendorSeverity", "EPSS_SCORE": "epssScore",
}
# These sort by rank, not by spelling.
RANKS = {
    "SEVERITY": ["UNTRIAGED", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"],
    "FINDING_STATUS": ["ACTIVE", "CLOSED", "SUPPRESSED"],
    "FINDING_TYPE": ["NETWORK_REACHABILITY", "PACKAGE_VULNERABILITY", "CODE_VULNERABILITY"],
    "RESOURCE_TYPE": ["AWS_EC2_INSTANCE", "AWS_ECR_CONTAINER_IMAGE", "AWS_ECR_REPOSITORY", "AWS_LAMBDA_FUNCTION"],
}


@pytest.mark.parametrize("order", ["ASC", "DESC"])
@pytest.mark.parametrize("field", MODEL.shape_for("SortField").enum)
def test_sort(inspector, findings, field, order):
    found = listed(inspector, size=4, sortCriteria={"field": field, "sortOrder": order})
    assert collections.Counter(f["findingArn"] for f in found) == collections.Counter(f["findingArn"] for f in findings)
    values = [value for f in found for value in VALUES[SORTS[field]](f)[:1]]
    ranks = [RANKS[field].index(v) for v in values] if field in RANKS else [seconds(v) for v in values]
    assert ranks == sorted(ranks, reverse=order == "DESC")


def test_pages_of_every_size(inspector, findings):
    for size in (1, 2, len(findings) - 1, len(findings), len(findings) + 1):
        found = listed(inspector, size=min(size, 100))
        assert [f["findingArn"] for f in found] == [f["findingArn"] for f in findings]
    assert "nextToken" not in inspector.list_findings(maxResults=len(findings))


def test_windows_of_updates(inspector, findings):
    """Windows that follow each other hold every finding once, at any seam: how exports catch up."""
    times = sorted({int(f["updatedAt"].timestamp()) for f in findings})
    for seams in ([times[0], *times[1:], times[-1] + 1], [times[0] - 5, times[len(times) // 2], times[-1] + 1]):
        seen = []
        for start, end in zip(seams, seams[1:]):
            window = listed(inspector, size=3, filterCriteria={"updatedAt": [{"startInclusive": start, "endInclusive": end - 1}]})
            assert all(start <= f["updatedAt"].timestamp() < end for f in window)
            seen += [f["findingArn"] for f in window]
        assert sorted(seen) == sorted(f["findingArn"] for f in findings)


@pytest.mark.parametrize("sort", [None, "SEVERITY", "LAST_OBSERVED_AT", "VULNERABILITY_ID"])
def test_pages_while_findings_come(make_server, tmp_path, sort):
    """Nothing that was there at the start is lost or comes twice, whatever is inserted between the pages."""
    server = make_server()
    server.report(*server.enrol("a" * 32), tiny.write_files(tmp_path / "host", tiny.host()))
    server.report(*server.enrol("b" * 32), tiny.write_files(tmp_path / "app", tiny.app()))
    inspector = checked(server.client())
    arguments = {"maxResults": 2} | ({"sortCriteria": {"field": sort, "sortOrder": "ASC"}} if sort else {})
    before = {f["findingArn"] for f in server.findings()}
    seen, token, more = [], {}, 0
    while True:
        page = inspector.list_findings(**arguments, **token)
        seen += [f["findingArn"] for f in page["findings"]]
        if "nextToken" not in page:
            break
        assert len(page["findings"]) == 2
        token = {"nextToken": page["nextToken"]}
        if more < 6:
            more += 1
            server.report(*server.enrol(f"{more:032x}"), tmp_path / ("host" if more % 2 else "app"))
    assert more
    assert len(seen) == len(set(seen)) and before <= set(seen)
    server.stop()


def test_tokens_belong_to_their_list(inspector):
    token = inspector.list_findings(maxResults=1)["nextToken"]
    for arguments in (
        {"nextToken": "garbage"},
        {"nextToken": token[:-1]},
        {"nextToken": token, "filterCriteria": {"severity": equals("HIGH")}},
        {"nextToken": token, "sortCriteria": {"field": "SEVERITY", "sortOrder": "ASC"}},
    ):
        with pytest.raises(ClientError) as error:
            inspector.list_findings(**arguments)
        assert list(fields(error)) == ["nextToken"]


def test_empty_lists_have_no_token(inspector):
    answer = inspector.list_findings(filterCriteria={"title": equals("none")})
    assert answer["findings"] == [] and "nextToken" not in answer


def test_unknown_and_null_members_are_ignored(own, findings):
    body = {"filterCriteria": {"severty": [1], "severity": None}, "sortCriteria": None, "nextToken": None, "maxResults": None, "x": {}}
    assert len(own.call("POST", "/findings/list", body)["findings"]) == len(findings)
    assert len(own.call("POST", "/findings/list", b"")["findings"]) == len(findings)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ({"maxResults": 0}, "maxResults"),
        ({"maxResults": 101}, "maxResults"),
        ({"sortCriteria": {"field": "SEVERITY"}}, "sortCriteria.sortOrder"),
        ({"sortCriteria": {"field": "severity", "sortOrder": "ASC"}}, "sortCriteria.field"),
        ({"filterCriteria": {"severity": equals("x" * 1025)}}, "filterCriteria.severity[0].value"),
        ({"filterCriteria": {"severity": "HIGH"}}, "filterCriteria.severity"),
        ({"filterCriteria": {"resourceTags": [{"comparison": "PREFIX", "key": "a"}]}}, "filterCriteria.resourceTags[0].comparison"),
        ({"filterCriteria": {"portRange": [{"beginInclusive": 70000}]}}, "filterCriteria.portRange[0].beginInclusive"),
        ({"filterCriteria": {"epssScore": [{"lowerInclusive": "x"}]}}, "filterCriteria.epssScore[0].lowerInclusive"),
        (
            {"filterCriteria": {"vulnerablePackages": [{"name": {"comparison": "IS", "value": "x"}}]}},
            "filterCriteria.vulnerablePackages[0].name.comparison",
        ),
    ],
)
def test_what_is_refused(own, arguments, field):
    answer = own.request("POST", "/findings/list", arguments)
    assert answer.status_code == 400 and answer.headers["x-amzn-ErrorType"] == "ValidationException"
    assert [f["name"] for f in answer.json()["fields"]] == [field]


def arn_of(findings, vulnerability):
    return next(f["findingArn"] for f in findings if package(f)["vulnerabilityId"] == vulnerability)


def test_details(inspector, findings):
    known, other = arn_of(findings, "CVE-2021-0001"), arn_of(findings, "CVE-2021-0031")
    unknown = f"arn:aws:inspector2:{REGION}:{ACCOUNT}:finding/" + "0" * 32
    foreign = known.replace(ACCOUNT, "111122223333")
    answer = inspector.batch_get_finding_details(findingArns=[known, unknown, other, foreign, "nonsense"])
    first, second = answer["findingDetails"]
    assert first["findingArn"] == known and second["findingArn"] == other
    assert first["cisaData"]["dateAdded"].date() == datetime.date(2021, 5, 1)
    assert first["cisaData"]["dateDue"].date() == datetime.date(2021, 5, 22)
    assert first["cisaData"]["action"] == "Upgrade."
    assert first["exploitObserved"]["firstSeen"] == first["cisaData"]["dateAdded"]
    assert first["epssScore"] == pytest.approx(0.97421)
    assert first["riskScore"] == 95
    assert {e["evidenceRule"] for e in first["evidences"]} == {"CISA Known Exploited Vulnerability", "Exploitation Predicted"}
    assert "cisaData" not in second and second["evidences"] == [] and second["riskScore"] == 17  # 3.3 x 5
    assert [(e["findingArn"], e["errorCode"]) for e in answer["errors"]] == [
        (unknown, "FINDING_DETAILS_NOT_FOUND"), (foreign, "ACCESS_DENIED"), ("nonsense", "INVALID_INPUT"),
    ]


def test_no_finding_has_a_snippet(inspector, findings):
    arn = findings[0]["findingArn"]
    answer = inspector.batch_get_code_snippet(findingArns=[arn, "nonsense"])
    assert answer["codeSnippetResults"] == []
    assert [e["errorCode"] for e in answer["errors"]] == ["CODE_SNIPPET_NOT_FOUND", "INVALID_INPUT"]
    for arns in ([], [arn] * 11):
        with pytest.raises(ClientError) as error:
            inspector.batch_get_code_snippet(findingArns=arns)
        assert list(fields(error)) == ["findingArns"]


def search(inspector, *ids):
    return inspector.search_vulnerabilities(filterCriteria={"vulnerabilityIds": list(ids)})["vulnerabilities"]


def test_vulnerabilities(inspector):
    (one,) = search(inspector, "CVE-2021-0001")
    assert one["id"] == "CVE-2021-0001" and one["source"] == "NVD"
    assert one["description"] == "A flaw of lodash as NVD tells it."
    assert one["cvss3"]["baseScore"] == 5.3  # NVD's, not GitHub's
    assert "GHSA-aaaa-bbbb-0001" in one["relatedVulnerabilities"] and "CVE-2021-0001" not in one["relatedVulnerabilities"]
    assert one["epss"]["score"] == pytest.approx(0.97421)
    assert one["cisaData"]["action"] == "Upgrade."
    assert one["detectionPlatforms"] == ["NPM"]
    (one,) = search(inspector, "CVE-2021-0030")
    assert sorted(one["detectionPlatforms"]) == ["DEBIAN_10", "DEBIAN_12"]
    assert search(inspector, "CVE-2021-9999") == []
    for ids in ([], ["CVE-2021-0001"] * 2, ["GHSA-aaaa-bbbb-0001"], ["CVE-2021-0001 "]):
        with pytest.raises(ClientError) as error:
            search(inspector, *ids)
        assert list(fields(error))[0].startswith("filterCriteria.vulnerabilityIds")
