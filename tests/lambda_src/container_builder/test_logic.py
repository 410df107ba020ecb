import hashlib
import io
import json
import zipfile
from typing import Any

import pytest

from lambda_src.container_builder import logic
from lambda_src.container_builder.logic import BuildRequest, ContainerBuildFailed, Settings, Waiter

DOCUMENT: dict[str, Any] = {
    "project": "project-1",
    "registry": "123456789012",
    "repository_name": "housing",
    "repository_uri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/housing",
    "bucket": "artifacts",
    "prefix": "builds/",
    "source_bucket": "assets",
    "source_key": "abc.zip",
    "source_hash": "abc",
    "dockerfile": "Dockerfile",
    "environment": {"LEVEL": "1"},
}
SETTINGS = Settings.read(json.dumps(DOCUMENT))
TAG = logic.image_tag(SETTINGS, BuildRequest())


def archive(files: dict[str, str], mode: int = 0o100755) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as made:
        for name, text in files.items():
            info = zipfile.ZipInfo(name, date_time=(2024, 5, 17, 12, 0, 0))
            info.external_attr = mode << 16
            made.writestr(info, text)
    return target.getvalue()


def contents(document: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(document)) as found:
        return {name: found.read(name).decode() for name in found.namelist()}


def build(number: int, status: str, tag: str | None = TAG, **more: Any) -> dict[str, Any]:
    variables = [{"name": "OTHER", "value": "x"}] + ([{"name": "IMAGE_TAG", "value": tag}] if tag else [])
    return {
        "id": f"project-1:{number}",
        "buildStatus": status,
        "environment": {"environmentVariables": variables},
        **more,
    }


def test_an_empty_payload_asks_for_the_source_as_it_is() -> None:
    assert logic.read_request({}) == BuildRequest()
    assert logic.read_request({"TaskToken": "t", "Overrides": None}) == BuildRequest(
        waiter=Waiter(kind="TaskToken", token="t")
    )


def test_a_whole_request_is_read() -> None:
    payload = {
        "TaskToken": "secret-token",
        "Overrides": {
            "Files": {"train": "#!/bin/sh\n", "src/model.py": ""},
            "Environment": {"K": "V"},
            "Dockerfile": "docker/gpu",
            "TimeoutInMinutes": 5,
        },
    }
    request = logic.read_request(payload)
    assert request == BuildRequest(
        waiter=Waiter(kind="TaskToken", token="secret-token"),
        files={"train": "#!/bin/sh\n", "src/model.py": ""},
        environment={"K": "V"},
        dockerfile="docker/gpu",
        timeout_minutes=5,
    )
    assert "secret-token" not in repr(request)


def test_all_problems_of_a_request_are_raised_together() -> None:
    payload = {
        "TaskToken": 7,
        "Overide": {},
        "Overrides": {
            "Files": {"../train": "x", "/etc/passwd": "x", "a\\b": "x", "ok": 3},
            "Environment": {"IMAGE_TAG": "latest", "1X": "x", "LIST": []},
            "Dockerfile": "../Dockerfile",
            "TimeoutInMinutes": True,
        },
    }
    with pytest.raises(ContainerBuildFailed) as raised:
        logic.read_request(payload)
    assert str(raised.value).split("; ") == [
        "the build request is not valid: payload: got the key 'Overide', expected TaskToken, CallbackToken, Overrides",
        "TaskToken: expected a text",
        "Overrides.Files.ok: got int, expected a text",
        "Overrides.Files: got the path '../train', expected one inside the source folder",
        "Overrides.Files: got the path '/etc/passwd', expected one inside the source folder",
        "Overrides.Files: got the path 'a\\\\b', expected one inside the source folder",
        "Overrides.Environment.LIST: got list, expected a text",
        "Overrides.Environment: got the name 'IMAGE_TAG', expected a variable name of your own",
        "Overrides.Environment: got the name '1X', expected a variable name of your own",
        "Overrides.Dockerfile: got '../Dockerfile', expected a path inside the source folder",
        "Overrides.TimeoutInMinutes: got True, expected a whole number from 5 to 480",
    ]


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        ([], "payload: got list, expected a mapping"),
        ({"Overrides": "x"}, "Overrides: got str, expected a mapping"),
        ({"Overrides": {"Files": []}}, "Overrides.Files: got list, expected a mapping of names to texts"),
        ({"Overrides": {"Files": {"big": "x" * 200_001}}}, "Overrides.Files: expected at most 200000 bytes together"),
        ({"Overrides": {"TimeoutInMinutes": 481}}, "Overrides.TimeoutInMinutes: got 481, expected a whole number"),
    ],
)
def test_wrong_shapes_are_named(payload: object, message: str) -> None:
    with pytest.raises(ContainerBuildFailed, match=message):
        logic.read_request(payload)


def test_a_task_token_in_a_bad_request_is_not_shown() -> None:
    with pytest.raises(ContainerBuildFailed) as raised:
        logic.read_request({"TaskToken": "secret-token", "Overrides": {"Dockerfile": 1}})
    assert "secret-token" not in str(raised.value)


def test_the_tag_depends_on_content_alone() -> None:
    assert len(TAG) == 40
    same = [
        BuildRequest(waiter=Waiter(kind="TaskToken", token="another")),
        BuildRequest(timeout_minutes=10),
        BuildRequest(dockerfile="Dockerfile"),
        BuildRequest(environment={"LEVEL": "1"}),
    ]
    assert {logic.image_tag(SETTINGS, request) for request in same} == {TAG}
    different = [
        BuildRequest(files={"train": "x"}),
        BuildRequest(files={"train": "y"}),
        BuildRequest(files={"serve": "x"}),
        BuildRequest(environment={"LEVEL": "2"}),
        BuildRequest(dockerfile="Dockerfile.gpu"),
    ]
    tags = {logic.image_tag(SETTINGS, request) for request in different}
    tags.add(logic.image_tag(Settings(**{**DOCUMENT, "source_hash": "abd"}), BuildRequest()))
    assert len(tags | {TAG}) == 7


def test_one_file_written_in_two_ways_is_one_image() -> None:
    one, other = BuildRequest(files={"src/a.py": "x"}), BuildRequest(files={"./src//a.py": "x"})
    assert logic.image_tag(SETTINGS, one) == logic.image_tag(SETTINGS, other)


def test_files_are_replaced_and_added() -> None:
    source = archive({"Dockerfile": "FROM a", "train": "old", "src/model.py": "model"})
    request = BuildRequest(files={"train": "new", "extra/b.py": "b"})
    changed = logic.changed_source(source, request, SETTINGS)
    assert contents(changed) == {
        "Dockerfile": "FROM a",
        "extra/b.py": "b",
        "src/model.py": "model",
        "train": "new",
    }


def test_a_changed_source_is_the_same_bytes_every_time() -> None:
    request = BuildRequest(files={"train": "new"})
    one = logic.changed_source(archive({"Dockerfile": "FROM a", "train": "old"}), request, SETTINGS)
    other = logic.changed_source(archive({"train": "old", "Dockerfile": "FROM a"}), request, SETTINGS)
    assert hashlib.sha256(one).digest() == hashlib.sha256(other).digest()


def test_permissions_of_files_are_kept_and_new_files_can_be_run() -> None:
    source = archive({"Dockerfile": "FROM a", "data.txt": "old"}, mode=0o100644)
    changed = logic.changed_source(source, BuildRequest(files={"data.txt": "new", "train": "#!"}), SETTINGS)
    with zipfile.ZipFile(io.BytesIO(changed)) as found:
        modes = {info.filename: info.external_attr >> 16 for info in found.infolist()}
    assert modes == {"Dockerfile": 0o100644, "data.txt": 0o100644, "train": 0o100755}


def test_a_source_without_changes_is_handed_on() -> None:
    source = archive({"Dockerfile": "FROM a", "gpu/Dockerfile": "FROM b"})
    assert logic.changed_source(source, BuildRequest(dockerfile="gpu/Dockerfile"), SETTINGS) is source


def test_a_missing_dockerfile_is_named_with_what_is_there() -> None:
    source = archive({"Dockerfile": "FROM a", "train": "x"})
    with pytest.raises(ContainerBuildFailed) as raised:
        logic.changed_source(source, BuildRequest(dockerfile="Dockerfile.gpu"), SETTINGS)
    assert str(raised.value) == "the Dockerfile 'Dockerfile.gpu' is not in the source, which has Dockerfile, train"


def test_a_dockerfile_can_come_with_the_request() -> None:
    request = BuildRequest(files={"Dockerfile.gpu": "FROM g"}, dockerfile="Dockerfile.gpu")
    changed = logic.changed_source(archive({"train": "x"}), request, SETTINGS)
    assert contents(changed)["Dockerfile.gpu"] == "FROM g"


def test_a_waiter_is_found_by_tag_and_does_not_give_its_token_away() -> None:
    key = logic.waiter_key(SETTINGS, TAG, Waiter(kind="TaskToken", token="secret-token"))
    assert key.startswith(logic.waiters_prefix(SETTINGS, TAG))
    assert "secret-token" not in key
    assert logic.waiters_prefix(SETTINGS, TAG) == f"builds/waiters/{TAG}/"
    assert logic.waiter_key(SETTINGS, TAG, Waiter(kind="TaskToken", token="secret-token")) == key


def test_only_a_running_build_of_the_tag_counts() -> None:
    builds = [
        build(4, "IN_PROGRESS", "other"),
        build(3, "IN_PROGRESS", None),
        build(2, "FAILED"),
        build(1, "SUCCEEDED"),
    ]
    assert logic.running_build(builds, TAG) is None
    assert logic.running_build([*builds, build(5, "IN_PROGRESS")], TAG) == "project-1:5"


def test_two_who_see_the_same_builds_start_one_build_and_a_retry_starts_another() -> None:
    before = [build(2, "FAILED"), build(1, "SUCCEEDED", "other")]
    token = logic.idempotency_token(before, TAG)
    assert logic.idempotency_token(list(reversed(before)), TAG) == token
    assert logic.idempotency_token([build(3, "FAILED"), *before], TAG) != token
    assert logic.idempotency_token([build(4, "FAILED", "other"), *before], TAG) == token
    assert len(token) == 64


def test_a_build_is_started_with_its_image_and_the_overrides() -> None:
    request = BuildRequest(environment={"K": "V"}, timeout_minutes=10, dockerfile="gpu/Dockerfile")
    arguments = logic.start_arguments(SETTINGS, request, tag=TAG, token="t", source_key="builds/sources/x.zip")
    assert arguments == {
        "projectName": "project-1",
        "idempotencyToken": "t",
        "environmentVariablesOverride": [
            {"name": "K", "value": "V", "type": "PLAINTEXT"},
            {"name": "IMAGE_REPOSITORY_URI", "value": SETTINGS.repository_uri, "type": "PLAINTEXT"},
            {"name": "IMAGE_TAG", "value": TAG, "type": "PLAINTEXT"},
            {"name": "DOCKERFILE", "value": "gpu/Dockerfile", "type": "PLAINTEXT"},
        ],
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": "artifacts/builds/sources/x.zip",
        "timeoutInMinutesOverride": 10,
    }


def test_a_build_without_overrides_takes_the_project_as_it_is() -> None:
    arguments = logic.start_arguments(SETTINGS, BuildRequest(), tag=TAG, token="t", source_key=None)
    assert sorted(arguments) == ["environmentVariablesOverride", "idempotencyToken", "projectName"]


def test_an_answer_names_the_image_by_digest() -> None:
    assert logic.answer(SETTINGS, tag=TAG, digest="sha256:1", build_id=None, reused=True) == {
        "ImageUri": f"{SETTINGS.repository_uri}@sha256:1",
        "ImageDigest": "sha256:1",
        "ImageTag": TAG,
        "BuildId": None,
        "Reused": True,
    }
    assert logic.answer(SETTINGS, tag=TAG, digest=None, build_id="b", reused=False)["ImageUri"] is None


def test_a_failed_build_is_explained_by_its_failing_phases() -> None:
    ended = build(
        9,
        "FAILED",
        logs={"groupName": "g", "streamName": "s"},
        phases=[
            {"phaseType": "SUBMITTED", "phaseStatus": "SUCCEEDED"},
            {
                "phaseType": "BUILD",
                "phaseStatus": "FAILED",
                "contexts": [
                    {"statusCode": "COMMAND_EXECUTION_ERROR", "message": "docker build: exit status 1"},
                    {"statusCode": "", "message": ""},
                ],
            },
            {"phaseType": "POST_BUILD", "phaseStatus": "FAILED"},
            {"phaseType": "COMPLETED"},
        ],
    )
    assert logic.failure_cause(ended) == (
        "build project-1:9 ended FAILED: BUILD FAILED: COMMAND_EXECUTION_ERROR docker build: exit status 1; "
        "POST_BUILD FAILED (log group g, stream s)"
    )


def test_a_build_that_succeeded_without_an_image_says_so() -> None:
    cause = logic.failure_cause(build(9, "SUCCEEDED", phases=[{"phaseType": "BUILD", "phaseStatus": "SUCCEEDED"}]))
    assert cause == ("build project-1:9 ended SUCCEEDED: no phase failed, but the image is not in the repository")


def test_a_cause_fits_what_step_functions_takes() -> None:
    phases = [{"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "x" * 50_000}]}]
    assert len(logic.failure_cause(build(9, "FAILED", phases=phases))) == 32_000
