"""The docker of builds: names, logins, pushes, and what it refuses."""

import json
from pathlib import Path

import pytest

from local_aws.server import LocalAws
from tests.local_aws.containers.conftest import REGION
from tests.local_aws.containers.docker import Docker

DOCKERFILE = {"Dockerfile": 'FROM scratch\nCMD ["echo", "pushed"]\n'}


@pytest.fixture
def docker(local_aws: LocalAws, tmp_path: Path) -> Docker:
    home = tmp_path / "home"
    home.mkdir()
    return Docker.of(local_aws, home)


def login(docker: Docker, repository: str) -> None:
    registry = repository.split("/", maxsplit=1)[0]
    printed = docker("login", "--username", "AWS", "--password-stdin", registry, stdin="secret\n")
    assert printed == "Login Succeeded\n"


def test_push_gives_the_digest_that_ecr_has(
    docker: Docker, repository: str, local_aws: LocalAws, tmp_path: Path
) -> None:
    login(docker, repository)
    docker.build(tmp_path / "c", DOCKERFILE)
    docker("tag", "image", f"{repository}:one")
    printed = docker("push", f"{repository}:one")
    ecr = local_aws.platform.client("ecr", region=REGION)
    (found,) = ecr.describe_images(repositoryName=repository.split("/", 1)[1])["imageDetails"]
    assert f"one: digest: {found['imageDigest']} size: " in printed
    assert docker("inspect", "--format={{index .RepoDigests 0}}", "image").strip() == (
        f"{repository}@{found['imageDigest']}"
    )
    assert docker("push", f"{repository}:one").count(found["imageDigest"]) == 1

    docker("rmi", f"{repository}:one")
    docker("rmi", "image")
    docker("pull", f"{repository}@{found['imageDigest']}")
    assert docker("run", f"{repository}:one") == "pushed\n"
    docker.build(tmp_path / "d", {"Dockerfile": f"FROM {repository}:one\nENV X=1\n"})
    assert docker("run", "image") == "pushed\n"


def test_buildx_pushes_at_once(docker: Docker, repository: str, local_aws: LocalAws, tmp_path: Path) -> None:
    login(docker, repository)
    (tmp_path / "Dockerfile.gpu").write_text("FROM scratch\n")
    docker(
        "buildx", "build", "--provenance=false", "--platform=linux/amd64", "--push", "--iidfile", str(tmp_path / "id"),
        "-f", "Dockerfile.gpu", "-t", f"{repository}:two", ".",
        cwd=tmp_path,
    )  # fmt: skip
    ecr = local_aws.platform.client("ecr", region=REGION)
    assert ecr.list_images(repositoryName=repository.split("/", 1)[1])["imageIds"][0]["imageTag"] == "two"
    assert (tmp_path / "id").read_text().startswith("sha256:")


def test_an_immutable_tag_is_kept(docker: Docker, repository: str, local_aws: LocalAws, tmp_path: Path) -> None:
    name = repository.split("/", 1)[1]
    local_aws.platform.client("ecr", region=REGION).put_image_tag_mutability(
        repositoryName=name, imageTagMutability="IMMUTABLE"
    )
    login(docker, repository)
    docker.build(tmp_path / "c", DOCKERFILE, "-t", f"{repository}:one")
    docker("push", f"{repository}:one")
    docker.build(tmp_path / "c", {"Dockerfile": "FROM scratch\nENV X=1\n"}, "-t", f"{repository}:one")
    printed = docker("push", f"{repository}:one", code=1)
    assert f"The image tag 'one' already exists in the '{name}' repository and cannot be overwritten" in printed
    assert "immutable" in printed


def test_push_needs_a_login_and_a_repository(docker: Docker, repository: str, tmp_path: Path) -> None:
    docker.build(tmp_path / "c", DOCKERFILE, "-t", f"{repository}:one", "-t", f"{repository}-none:one", "-t", "team/x")
    assert "no basic auth credentials" in docker("push", f"{repository}:one", code=1)
    login(docker, repository)
    assert "name unknown: The repository with name" in docker("push", f"{repository}-none:one", code=1)
    assert "An image does not exist locally with the tag" in docker("push", f"{repository}:absent", code=1)
    assert "push to docker.io refused: the local AWS has registries of ECR alone" in docker("push", "team/x", code=1)
    docker("logout", repository.split("/", maxsplit=1)[0])
    assert "no basic auth credentials" in docker("push", f"{repository}:one", code=1)


def test_a_push_without_rights(docker: Docker, repository: str, local_aws: LocalAws, tmp_path: Path) -> None:
    iam = local_aws.platform.client("iam", region=REGION)
    user = "pusher-" + repository.rpartition("/")[2]
    iam.create_user(UserName=user)
    keys = iam.create_access_key(UserName=user)["AccessKey"]
    login(docker, repository)
    docker.build(tmp_path / "c", DOCKERFILE, "-t", f"{repository}:one")
    docker.environment |= {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
    }
    printed = docker("push", f"{repository}:one", code=1)
    assert "denied: User: " in printed
    assert "is not authorized to perform: ecr:BatchCheckLayerAvailability" in printed


def test_logins_that_fail(docker: Docker) -> None:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    assert "the password is empty" in docker("login", "-u", "AWS", "--password-stdin", registry, code=1)
    assert "the user must be AWS" in docker("login", "-u", "me", "-p", "x", registry, code=1)


def test_run_with_variables_folders_and_codes(docker: Docker, tmp_path: Path) -> None:
    docker.build(tmp_path / "c", DOCKERFILE)
    (tmp_path / "shared").mkdir()
    (tmp_path / "kept").mkdir()
    script = "echo $A; touch /opt/shared/written /opt/kept/written; exit 5"
    printed = docker(
        "run", "--rm", "-e", "A=1", "-v", f"{tmp_path}/shared:/opt/shared", "-v", f"{tmp_path}/kept:/opt/kept:ro",
        "image", "sh", "-c", script,
        code=5,
    )  # fmt: skip
    assert printed == "1\n"
    assert (tmp_path / "shared/written").exists()
    assert not (tmp_path / "kept/written").exists()
    assert "--volume x: expected /folder:/folder[:ro]" in docker("run", "-v", "x", "image", code=1)
    assert "/none does not exist" in docker("run", "-v", "/none:/opt/x", "image", code=1)


def test_each_build_has_names_of_its_own(docker: Docker, tmp_path: Path) -> None:
    docker.build(tmp_path / "c", DOCKERFILE)
    docker.environment["CODEBUILD_BUILD_ID"] = "another"
    assert "No such image: image" in docker("inspect", "image", code=1)


def test_names_of_images(docker: Docker, tmp_path: Path) -> None:
    docker.build(tmp_path / "c", {"Dockerfile": f"FROM scratch\nENV X={tmp_path}\n"}, "-t", "names/one:v1")
    lines = [line.split() for line in docker("images").splitlines()]
    assert lines[0] == ["REPOSITORY", "TAG", "IMAGE", "ID"]
    (row,) = [line for line in lines if line[0] == "names/one"]
    assert row[1] == "v1"
    assert docker("images", "-q", "names/one").strip() == row[2]
    (document,) = json.loads(docker("inspect", row[2]))
    assert document["RepoTags"] == ["image:latest", "names/one:v1"]
    assert "invalid argument 'Bad Tag'" in docker("tag", "image", "Bad Tag", code=1)


def test_quiet_and_labels(docker: Docker, tmp_path: Path) -> None:
    printed = docker.build(tmp_path / "c", DOCKERFILE, "-q", "--label", "commit=abc")
    assert printed.startswith("sha256:")
    assert len(printed.splitlines()) == 1
    assert docker.config()["Labels"] == {"commit": "abc"}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 125, "no command: the docker of the local AWS's builds does not have this"),
        (["compose", "up"], 125, "compose up: the docker of the local AWS's builds does not have this; it has: build"),
        (["build", "--squash", "."], 125, "unrecognized arguments: --squash"),
        (["run", "-d", "image"], 125, "docker: "),
        (["build", "-"], 1, "the context must be a folder"),
        (["build", "/not/there"], 1, "path '/not/there' not found"),
        (
            ["build", "/usr/share"],
            1,
            "failed to read dockerfile: open /usr/share/Dockerfile: no such file or directory",
        ),
        (["inspect", "--format", "{{range .}}", "image"], 1, "No such image: image"),
    ],
)
def test_what_it_refuses(docker: Docker, arguments: list[str], code: int, message: str) -> None:
    assert message in docker(*arguments, code=code)


def test_versions(docker: Docker) -> None:
    assert docker("--version").startswith("Docker version ")
    assert "Engine: process" in docker("info")


def test_without_privileged_mode_there_is_no_daemon(docker: Docker) -> None:
    docker.environment["LOCAL_AWS_DOCKER"] = "absent"
    assert "Cannot connect to the Docker daemon" in docker("images", code=1)
    assert docker("--version").startswith("Docker version ")
