"""The folder that an image is built from, and the source of the functions that build it."""

import os
import re
import stat
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path

from attrs import field, frozen
from aws_cdk import FileSystem, IgnoreMode, Token
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from constructs_lib.environments.files import NOT_SOURCE
from constructs_lib.environments.settings import COMPUTE_TYPES

OWN_VARIABLES = ("IMAGE_REPOSITORY_URI", "IMAGE_TAG", "DOCKERFILE")
"""Variables of a build that the builder sets itself."""

DEFAULT_BUILDSPEC = """\
version: 0.2
phases:
  pre_build:
    commands:
      - aws ecr get-login-password --region "$AWS_DEFAULT_REGION" | docker login --username AWS --password-stdin "${IMAGE_REPOSITORY_URI%%/*}"
  build:
    commands:
      - docker build --file "$DOCKERFILE" --tag "$IMAGE_REPOSITORY_URI:$IMAGE_TAG" .
  post_build:
    commands:
      - test "$CODEBUILD_BUILD_SUCCEEDING" = 1
      - docker push "$IMAGE_REPOSITORY_URI:$IMAGE_TAG"
"""  # noqa: E501 - a command of the buildspec is one line
"""What a build does where the source folder has no buildspec.yml."""


@frozen(kw_only=True)
class BuildSettings:
    """How an image is built.

    Attributes:
        dockerfile: path of the Dockerfile in the source folder. Default: ``Dockerfile``.
        environment: variables that every build gets; part of the content hash. Default: none.
        compute_type: one of `COMPUTE_TYPES`. Default: the smallest.
        build_image: the image that CodeBuild runs the commands in. Default: AWS's standard Linux image.
        timeout_minutes: a build that takes longer fails; 5 to 480. Default: 30.
    """

    dockerfile: str = "Dockerfile"
    environment: Mapping[str, str] = field(factory=dict)
    compute_type: str = COMPUTE_TYPES[0]
    build_image: str = "aws/codebuild/standard:7.0"
    timeout_minutes: int = 30

    def problems(self) -> list[str]:
        """What is wrong with the values, each with what was got and what was expected."""
        problems = []
        # whether something is a token is asked of the CDK's Node process, so that is asked last
        if self.compute_type not in COMPUTE_TYPES and not Token.is_unresolved(self.compute_type):
            problems.append(f"compute_type: got {self.compute_type!r}, expected one of {', '.join(COMPUTE_TYPES)}")
        minutes: object = self.timeout_minutes
        if not (isinstance(minutes, int) and 5 <= minutes <= 480) and not Token.is_unresolved(minutes):
            problems.append(f"timeout_minutes: got {minutes!r}, expected 5 to 480")
        own = ", ".join(OWN_VARIABLES)
        problems += [
            f"environment: got the name {name!r}, expected a variable name that is not one of {own}"
            for name in self.environment
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in OWN_VARIABLES
        ]
        problems += [
            f"environment.{name}: got {value!r}, expected a text"
            for name, value in self.environment.items()
            if not isinstance(value, str)
        ]
        return problems


def source_problems(folder: Path, dockerfile: str) -> list[str]:
    """What is missing in a source folder."""
    if not folder.is_dir():
        return [f"source: got {str(folder)!r}, expected a folder"]
    inside = not Path(dockerfile).is_absolute() and ".." not in Path(dockerfile).parts
    if not inside:
        return [f"dockerfile: got {dockerfile!r}, expected a path inside the source folder"]
    if not (folder / dockerfile).is_file():
        found = ", ".join(sorted(entry.name for entry in folder.iterdir())[:20]) or "nothing"
        return [f"dockerfile: got {dockerfile!r}, expected a file in {str(folder)!r}, which has {found}"]
    return []


def buildspec_of(folder: Path) -> str:
    """The buildspec to name in the project: the folder's own file, or the text of the default."""
    return "buildspec.yml" if (folder / "buildspec.yml").is_file() else DEFAULT_BUILDSPEC


def source_asset(scope: Construct, construct_id: str, folder: Path) -> s3_assets.Asset:
    """The folder as an asset, without what Python, git and editors leave in it.

    Its hash is of the files' content, and of which of them are executable: the CDK's own hash leaves that out, so that
    a forgotten ``chmod +x train`` could not be mended without another change.
    """
    # the CDK looks a relative path up where its Node process was started, which may be elsewhere
    path = str(folder.resolve())
    content = FileSystem.fingerprint(
        path, exclude=NOT_SOURCE, ignore_mode=IgnoreMode.GIT, extra_hash="\n".join(_executables(folder))
    )
    return s3_assets.Asset(
        scope, construct_id, path=path, exclude=NOT_SOURCE, ignore_mode=IgnoreMode.GIT, asset_hash=content
    )


def _executables(folder: Path) -> list[str]:
    """The source's executable files, in an order of their own."""
    found: list[str] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if _is_source(name)]
        paths = [Path(parent, name) for name in files if _is_source(name)]
        executables = [path for path in paths if stat.S_IMODE(path.lstat().st_mode) & stat.S_IXUSR]
        found += [path.relative_to(folder).as_posix() for path in executables]
    return sorted(found)


def _is_source(name: str) -> bool:
    return not any(fnmatch(name, pattern.rstrip("/")) for pattern in NOT_SOURCE)


def lambda_source() -> Path:
    """The folder of the functions' packages: beside `constructs_lib` in a checkout, inside of it when installed."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "lambda_src"
    return installed if installed.is_dir() else package.parent / "lambda_src"


def lambda_source_options(name: str) -> tuple[str, list[str]]:
    """Path and exclusions of an asset that holds one function's package, and nothing of the other functions."""
    return str(lambda_source()), ["/*", f"!/{name}", *NOT_SOURCE]
