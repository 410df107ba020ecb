"""Reads a buildspec, version 0.2."""

from collections.abc import Mapping
from typing import Any

import yaml
from attrs import field, frozen

PHASES = ("install", "pre_build", "build", "post_build")
_KEYS = {"version", "env", "proxy", "phases", "artifacts", "reports", "cache", "batch", "run-as"}
_ENV_KEYS = {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables", "git-credential-helper"}
_PHASE_KEYS = {"commands", "finally", "on-failure", "runtime-versions", "run-as"}
_ARTIFACT_KEYS = {
    "files",
    "name",
    "discard-paths",
    "base-directory",
    "exclude-paths",
    "enable-symlinks",
    "s3-prefix",
    "secondary-artifacts",
}
_SHELLS = ("sh", "bash")


class BuildspecError(Exception):
    """A buildspec that cannot be carried out.

    Attributes:
        code: status code of the phase's context: ``YAML_FILE_ERROR``, or ``CLIENT_ERROR`` for what the local AWS lacks.
    """

    def __init__(self, message: str, *, code: str = "YAML_FILE_ERROR") -> None:
        super().__init__(message)
        self.code = code


@frozen(kw_only=True)
class Phase:
    """One phase.

    Attributes:
        commands: in order.
        finally_commands: carried out whatever became of the commands.
        on_failure: ``ABORT``, ``CONTINUE``, or None for the usual transition.
        runtime_versions: languages that the install phase asks for.
    """

    commands: tuple[str, ...] = ()
    finally_commands: tuple[str, ...] = ()
    on_failure: str | None = None
    runtime_versions: Mapping[str, str] = field(factory=dict)


@frozen(kw_only=True)
class Artifacts:
    """What is uploaded.

    Attributes:
        files: patterns relative to the base directory.
        base_directory: relative to the source, may have wildcards.
        name: or None for the project's.
        discard_paths: whether files lose their folders.
        exclude_paths: patterns that are left out.
    """

    files: tuple[str, ...]
    base_directory: str = "."
    name: str | None = None
    discard_paths: bool = False
    exclude_paths: tuple[str, ...] = ()


@frozen(kw_only=True)
class Buildspec:
    """A buildspec.

    Attributes:
        phases: by name; absent ones do nothing.
        shell: ``sh`` or ``bash``.
        variables: plain environment variables.
        parameters: variables from Parameter Store: name of the parameter.
        secrets: variables from Secrets Manager: ``id:json-key:version-stage:version-id``.
        exported: names of variables that the build's record shows.
        artifacts: or None.
        secondary_artifacts: by identifier.
        remarks: what is left out, for the build's log.
    """

    phases: Mapping[str, Phase]
    shell: str = "sh"
    variables: Mapping[str, str] = field(factory=dict)
    parameters: Mapping[str, str] = field(factory=dict)
    secrets: Mapping[str, str] = field(factory=dict)
    exported: tuple[str, ...] = ()
    artifacts: Artifacts | None = None
    secondary_artifacts: Mapping[str, Artifacts] = field(factory=dict)
    remarks: tuple[str, ...] = ()


def parse(text: str) -> Buildspec:
    """Reads a buildspec's text (YAML or JSON).

    Raises:
        BuildspecError: it is malformed, or asks for what the local AWS does not have.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(" ".join(str(error).split())) from error
    document = _mapping(document, "buildspec", _KEYS)
    if str(document.get("version")) != "0.2":
        raise BuildspecError(f"unknown buildspec version {document.get('version')!r}: expected 0.2")
    for key in ("reports", "proxy", "run-as"):
        if key in document:
            raise _lacking(key)
    remarks = ["the buildspec's cache is not kept by the local AWS"] if "cache" in document else []
    env = _mapping(document.get("env"), "env", _ENV_KEYS)
    shell = str(env.get("shell", "sh"))
    if shell not in _SHELLS:
        raise BuildspecError(f"env.shell is {shell!r}: expected one of {', '.join(_SHELLS)}")
    phases = _mapping(document.get("phases"), "phases", set(PHASES))
    if not phases:
        raise BuildspecError("phases: at least one phase with commands is required")
    artifacts = _mapping(document.get("artifacts"), "artifacts", _ARTIFACT_KEYS)
    secondary = _mapping(artifacts.get("secondary-artifacts"), "artifacts.secondary-artifacts", None)
    return Buildspec(
        phases={name: _phase(name, content) for name, content in phases.items()},
        shell=shell,
        variables=_texts(env.get("variables"), "env.variables"),
        parameters=_texts(env.get("parameter-store"), "env.parameter-store"),
        secrets=_texts(env.get("secrets-manager"), "env.secrets-manager"),
        exported=_list(env.get("exported-variables"), "env.exported-variables"),
        artifacts=_artifacts(artifacts, "artifacts") if "files" in artifacts else None,
        secondary_artifacts={
            name: _artifacts(_mapping(content, f"artifacts.secondary-artifacts.{name}", _ARTIFACT_KEYS), name)
            for name, content in secondary.items()
        },
        remarks=tuple(remarks),
    )


def _phase(name: str, content: Any) -> Phase:
    phase = _mapping(content, f"phases.{name}", _PHASE_KEYS)
    if "run-as" in phase:
        raise _lacking(f"phases.{name}.run-as")
    on_failure = phase.get("on-failure")
    if on_failure is not None and on_failure not in {"ABORT", "CONTINUE"}:
        if str(on_failure).startswith("RETRY"):
            raise _lacking(f"phases.{name}.on-failure: {on_failure}")
        raise BuildspecError(f"phases.{name}.on-failure is {on_failure!r}: expected ABORT or CONTINUE")
    if not {"commands", "runtime-versions", "finally"} & set(phase):
        raise BuildspecError(f"phases.{name}: commands are required")
    return Phase(
        commands=_list(phase.get("commands"), f"phases.{name}.commands"),
        finally_commands=_list(phase.get("finally"), f"phases.{name}.finally"),
        on_failure=on_failure,
        runtime_versions=_texts(phase.get("runtime-versions"), f"phases.{name}.runtime-versions"),
    )


def _artifacts(content: Mapping[str, Any], where: str) -> Artifacts:
    if content.get("s3-prefix") is not None:
        raise _lacking(f"{where}.s3-prefix")
    files = _list(content.get("files"), f"{where}.files")
    if not files:
        raise BuildspecError(f"{where}.files: at least one file or pattern is required")
    return Artifacts(
        files=files,
        base_directory=str(content.get("base-directory", ".")),
        name=str(content["name"]) if content.get("name") is not None else None,
        discard_paths=str(content.get("discard-paths", "no")).lower() in {"yes", "true"},
        exclude_paths=_list(content.get("exclude-paths"), f"{where}.exclude-paths"),
    )


def _mapping(content: Any, where: str, known: set[str] | None) -> dict[str, Any]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise BuildspecError(f"{where}: expected keys and values, got {type(content).__name__}")
    if known is not None and (unknown := sorted(str(key) for key in content if key not in known)):
        raise BuildspecError(f"{where}: unknown keys {', '.join(unknown)}; expected {', '.join(sorted(known))}")
    return {str(key): value for key, value in content.items()}


def _texts(content: Any, where: str) -> dict[str, str]:
    texts = {}
    for name, value in _mapping(content, where, None).items():
        if isinstance(value, (dict, list)):
            raise BuildspecError(f"{where}.{name}: expected a text, got {type(value).__name__}")
        texts[name] = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    return texts


def _list(content: Any, where: str) -> tuple[str, ...]:
    if content is None:
        return ()
    if isinstance(content, str):
        return (content,)
    if not isinstance(content, list):
        raise BuildspecError(f"{where}: expected a list, got {type(content).__name__}")
    for index, value in enumerate(content):
        if isinstance(value, (dict, list)) or value is None:
            raise BuildspecError(f"Expected {where}[{index}] to be of string type: found {value!r} instead")
    return tuple(str(value).lower() if isinstance(value, bool) else str(value) for value in content)


def _lacking(what: str) -> BuildspecError:
    return BuildspecError(
        f"the local AWS does not offer {what} in a buildspec; it works on AWS only", code="CLIENT_ERROR"
    )
