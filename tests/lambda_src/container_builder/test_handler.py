import io
import json
import logging
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambda_src.container_builder import handler
from lambda_src.container_builder.logic import BuildRequest, ContainerBuildFailed, Settings, image_tag
from tests.lambda_src.container_builder.fakes import REPOSITORY_URI, Aws, error
from tests.lambda_src.container_builder.test_logic import DOCUMENT

TAG = image_tag(Settings(**DOCUMENT), BuildRequest())
IMAGE = {"ImageUri": f"{REPOSITORY_URI}@sha256:1", "ImageDigest": "sha256:1", "ImageTag": TAG}
WAITERS = f"builds/waiters/{TAG}/"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Aws:
    made = Aws()
    monkeypatch.setattr(handler, "_client", made.client)
    monkeypatch.setenv("BUILD_SETTINGS", json.dumps(DOCUMENT))
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("Dockerfile", "FROM scratch")
        archive.writestr("train", "old")
    made.s3.objects["assets", "abc.zip"] = source.getvalue()
    return made


def start(token: str | None = "token-a", **overrides: Any) -> dict[str, Any]:  # noqa: S107 - no password
    event = {"TaskToken": token, "Overrides": overrides or None}
    return handler.start({key: value for key, value in event.items() if value is not None}, None)


def test_an_image_that_is_there_is_given_at_once(aws: Aws) -> None:
    aws.ecr.digests[TAG] = "sha256:1"
    expected = {**IMAGE, "BuildId": None, "Reused": True}
    assert start() == expected
    assert aws.stepfunctions.successes == {"token-a": expected}
    assert aws.codebuild.started == []
    assert aws.s3.under("artifacts", "builds/") == []


def test_without_a_token_the_image_is_only_returned(aws: Aws) -> None:
    aws.ecr.digests[TAG] = "sha256:1"
    assert start(token=None)["ImageUri"] == IMAGE["ImageUri"]
    assert aws.stepfunctions.successes == {}


def test_a_missing_image_is_built_and_the_task_waits(aws: Aws) -> None:
    assert start() == {
        "ImageUri": None,
        "ImageDigest": None,
        "ImageTag": TAG,
        "BuildId": "project-1:1",
        "Reused": False,
    }
    assert aws.stepfunctions.waiting == {"token-a", "token-b"}
    (waiter,) = aws.s3.under("artifacts", WAITERS)
    assert json.loads(aws.s3.objects["artifacts", waiter]) == {"TaskToken": "token-a"}


def test_a_direct_caller_gets_the_builds_id_and_nobody_waits(aws: Aws) -> None:
    assert start(token=None)["BuildId"] == "project-1:1"
    assert aws.s3.under("artifacts", WAITERS) == []


def test_two_who_want_one_image_share_its_build_and_both_are_answered(aws: Aws) -> None:
    start("token-a")
    assert start("token-b")["BuildId"] == "project-1:1"
    assert len(aws.codebuild.started) == 1
    aws.ecr.digests[TAG] = "sha256:1"
    event = aws.codebuild.end("project-1:1", "SUCCEEDED")
    assert handler.finish(event, None) == {"ImageTag": TAG, "Answered": 2}
    expected = {**IMAGE, "BuildId": "project-1:1", "Reused": False}
    assert aws.stepfunctions.successes == {"token-a": expected, "token-b": expected}
    assert aws.s3.under("artifacts", WAITERS) == []


def test_two_who_look_at_the_same_moment_start_one_build(aws: Aws) -> None:
    def other_is_faster() -> None:
        aws.s3.after_put = lambda: None
        start("token-b")
        aws.codebuild.builds[0]["environment"] = {"environmentVariables": []}  # not to be seen in the list yet

    aws.s3.after_put = other_is_faster
    assert start("token-a")["BuildId"] == "project-1:1"
    assert len(aws.codebuild.started) == 1


def test_a_build_that_ends_between_waiter_and_look_answers_or_is_seen(aws: Aws) -> None:
    def build_ends() -> None:
        aws.s3.after_put = lambda: None
        aws.ecr.digests[TAG] = "sha256:1"

    aws.s3.after_put = build_ends
    assert start()["Reused"] is True
    assert list(aws.stepfunctions.successes) == ["token-a"]
    assert aws.codebuild.started == []
    assert aws.s3.under("artifacts", WAITERS) == []


def test_a_task_that_the_finisher_was_faster_to_answer_is_left_alone(aws: Aws) -> None:
    aws.stepfunctions.waiting.clear()
    aws.ecr.digests[TAG] = "sha256:1"
    assert start()["ImageDigest"] == "sha256:1"


def test_a_failed_build_fails_every_waiter_with_the_phase_and_a_retry_builds_again(aws: Aws) -> None:
    start("token-a")
    phases = [{"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "exit status 1"}]}]
    handler.finish(aws.codebuild.end("project-1:1", "FAILED", phases=phases), None)
    assert aws.stepfunctions.failures == {
        "token-a": ("ContainerBuildFailed", "build project-1:1 ended FAILED: BUILD FAILED: exit status 1")
    }
    assert start("token-b")["BuildId"] == "project-1:2"


def test_a_failed_build_whose_image_is_there_all_the_same_is_a_success(aws: Aws) -> None:
    start("token-a")
    aws.ecr.digests[TAG] = "sha256:1"
    handler.finish(aws.codebuild.end("project-1:1", "FAILED"), None)
    assert aws.stepfunctions.successes["token-a"]["ImageDigest"] == "sha256:1"


def test_a_build_of_another_hand_is_not_ours(aws: Aws) -> None:
    aws.codebuild.start_build(projectName="project-1", idempotencyToken="x", environmentVariablesOverride=[])
    event = aws.codebuild.end("project-1:1", "SUCCEEDED")
    assert handler.finish(event, None) == {"ImageTag": None, "Answered": 0}


def test_a_waiter_that_cannot_be_answered_is_kept_for_the_next_call_and_the_others_are_answered(aws: Aws) -> None:
    start("token-a")
    start("token-b")
    aws.stepfunctions.broken.add("token-a")
    aws.ecr.digests[TAG] = "sha256:1"
    event = aws.codebuild.end("project-1:1", "SUCCEEDED")
    with pytest.raises(RuntimeError, match=f"image {TAG}: could not answer {WAITERS}.*ThrottlingException") as raised:
        handler.finish(event, None)
    assert "token-a" not in str(raised.value)
    assert list(aws.stepfunctions.successes) == ["token-b"]
    aws.stepfunctions.broken.clear()
    assert handler.finish(event, None)["Answered"] == 1
    assert list(aws.stepfunctions.successes) == ["token-b", "token-a"]


def test_changed_files_are_built_from_a_source_of_their_own(aws: Aws) -> None:
    outcome = start(Files={"train": "new"}, TimeoutInMinutes=7)
    assert outcome["ImageTag"] != TAG
    (arguments,) = aws.codebuild.started
    key = f"builds/sources/{outcome['ImageTag']}.zip"
    assert arguments["sourceLocationOverride"] == f"artifacts/{key}"
    assert arguments["timeoutInMinutesOverride"] == 7
    with zipfile.ZipFile(io.BytesIO(aws.s3.objects["artifacts", key])) as changed:
        assert changed.read("train") == b"new"


def test_another_dockerfile_of_the_source_needs_no_other_source(aws: Aws) -> None:
    source = io.BytesIO()
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("gpu/Dockerfile", "FROM scratch")
    aws.s3.objects["assets", "abc.zip"] = source.getvalue()
    start(Dockerfile="gpu/Dockerfile")
    (arguments,) = aws.codebuild.started
    assert "sourceLocationOverride" not in arguments


def test_a_missing_dockerfile_is_named_and_nothing_is_started(aws: Aws) -> None:
    with pytest.raises(
        ContainerBuildFailed, match=r"the Dockerfile 'gpu' is not in the source, which has Dockerfile, t"
    ):
        start(Dockerfile="gpu")
    assert aws.codebuild.started == []
    assert aws.s3.under("artifacts", "builds/") == []


def test_a_running_build_is_found_on_a_later_page_and_old_builds_are_not_asked_for(aws: Aws) -> None:
    start("token-a")
    for number in range(4):
        aws.codebuild.start_build(
            projectName="project-1", idempotencyToken=f"other-{number}", environmentVariablesOverride=[]
        )
    assert start("token-b")["BuildId"] == "project-1:1"
    for build in aws.codebuild.builds:
        build["startTime"] = datetime.now(UTC) - timedelta(hours=17)
    handler.finish(aws.codebuild.end("project-1:1", "FAILED"), None)
    asked: list[str] = []
    batch_get_builds = aws.codebuild.batch_get_builds

    def remember(ids: list[str]) -> dict[str, Any]:
        asked.extend(ids)
        return batch_get_builds(ids=ids)

    aws.codebuild.batch_get_builds = remember  # type: ignore[method-assign]
    assert start("token-a")["BuildId"] == "project-1:6"
    assert asked == ["project-1:5", "project-1:4"]


def test_tokens_are_not_logged(aws: Aws, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        start("token-a")
        aws.ecr.digests[TAG] = "sha256:1"
        handler.finish(aws.codebuild.end("project-1:1", "SUCCEEDED"), None)
        start("token-b")
    assert "1 waiters" in caplog.text
    assert "token-" not in caplog.text


def test_an_error_of_aws_is_not_hidden(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILD_SETTINGS", json.dumps({**DOCUMENT, "repository_name": "gone"}))
    with pytest.raises(type(error("x", "y")), match="RepositoryNotFoundException"):
        start()


def message(token: str = "abcdefghij", **arguments: Any) -> dict[str, Any]:  # noqa: S107 - no password
    body = {"token": token, "pipelineExecutionArn": "arn", "arguments": arguments}
    return {"Records": [{"body": json.dumps(body)}]}


def test_a_callback_step_gets_an_image_that_is_there_at_once(aws: Aws) -> None:
    aws.ecr.digests[TAG] = "sha256:1"
    handler.start_for_pipelines(message(), None)
    assert aws.sagemaker.successes == {"abcdefghij": {**IMAGE, "BuildId": "", "Reused": "true"}}
    assert aws.s3.under("artifacts", WAITERS) == []


def test_a_callback_step_and_a_task_share_a_build_and_both_are_answered(aws: Aws) -> None:
    handler.start_for_pipelines(message(), None)
    start("token-a")
    assert len(aws.codebuild.started) == 1
    aws.ecr.digests[TAG] = "sha256:1"
    event = aws.codebuild.end("project-1:1", "SUCCEEDED")
    assert handler.finish(event, None) == {"ImageTag": TAG, "Answered": 2}
    assert aws.sagemaker.successes["abcdefghij"]["ImageUri"] == IMAGE["ImageUri"]
    assert aws.stepfunctions.successes["token-a"]["ImageUri"] == IMAGE["ImageUri"]


def test_a_failed_build_fails_the_callback_step_with_its_cause(aws: Aws) -> None:
    handler.start_for_pipelines(message(), None)
    contexts = [{"statusCode": "COMMAND_EXECUTION_ERROR", "message": "x" * 400}]
    phases = [{"phaseType": "BUILD", "phaseStatus": "FAILED", "contexts": contexts}]
    handler.finish(aws.codebuild.end("project-1:1", "FAILED", phases=phases), None)
    assert aws.sagemaker.failures["abcdefghij"].startswith("build project-1:1 ended FAILED: BUILD FAILED")


def test_a_bad_request_fails_the_callback_step(aws: Aws) -> None:
    handler.start_for_pipelines(message(Overrides=json.dumps({"Dockerfile": "../Dockerfile"})), None)
    assert "expected a path inside the source folder" in aws.sagemaker.failures["abcdefghij"]
    assert aws.codebuild.started == []


def test_overrides_of_a_callback_step_are_json_in_a_text(aws: Aws) -> None:
    handler.start_for_pipelines(message(Overrides=json.dumps({"Environment": {"LEVEL": "2"}})), None)
    (started,) = aws.codebuild.started
    assert {"name": "LEVEL", "value": "2", "type": "PLAINTEXT"} in started["environmentVariablesOverride"]


def test_a_callback_that_nobody_waits_for_is_no_failure(aws: Aws) -> None:
    aws.ecr.digests[TAG] = "sha256:1"
    handler.start_for_pipelines(message("unknown123"), None)
    assert aws.sagemaker.successes == {}


def test_a_callback_step_that_refuses_the_outputs_fails_with_the_reason(aws: Aws) -> None:
    aws.ecr.digests[TAG] = "sha256:1"
    aws.sagemaker.declared = {"ImageUri"}
    handler.start_for_pipelines(message(), None)
    assert aws.sagemaker.failures == {"abcdefghij": "the step refused the image: ValidationException"}
