"""Carries out RUN: a real command in a view of the image, kept under a key of all that it depends on."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from attrs import frozen

from local_aws.containers.engine import EngineError
from local_aws.containers.process.environments import Environments
from local_aws.containers.process.images import DEFAULT_PATH, digest_hex, folder_digest
from local_aws.containers.process.layers import merge, place
from local_aws.containers.process.view import Bind, PrivateView

_SYSTEM_PACKAGES = frozenset(
    {"apk", "apt", "apt-get", "aptitude", "dnf", "dpkg", "microdnf", "pacman", "rpm", "snap", "tdnf", "yum", "zypper"}
)
_BEFORE_COMMAND = frozenset({"!", "(", "{", "do", "else", "env", "exec", "if", "sudo", "then", "time", "while"})
_FROM_MACHINE = re.compile(
    r"PIP_\w+|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(?i:https?_proxy|no_proxy|all_proxy)|XDG_CONFIG_DIRS"
)
_PIP = re.compile(r"pip3?(?:\.\d+)?")
_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?")


class RunFailedError(EngineError):
    """The command of a RUN ended with another code than 0.

    Attributes:
        code: its exit code.
    """

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"The command '{command}' returned a non-zero code: {code}")
        self.code = code


@frozen(kw_only=True)
class RunStep:
    """One RUN.

    Attributes:
        words: program and arguments; a shell and its command for the shell form.
        environment_key: the Python environment before it, or None.
        files: the image's files before it; they are not changed.
        variables: of the image, and its build arguments.
        working_dir: absolute, in the image.
    """

    words: tuple[str, ...]
    environment_key: str | None
    files: Path
    variables: Mapping[str, str]
    working_dir: str

    def key(self) -> str:
        """Names the outcome by all that it depends on."""
        known = [
            self.words,
            self.environment_key,
            folder_digest(self.files),
            sorted(self.variables.items()),
            self.working_dir,
        ]
        return digest_hex("run\0" + json.dumps(known))[:32]


@frozen(kw_only=True)
class RunOutcome:
    """What a RUN left.

    Attributes:
        environment_key: the Python environment after it.
        files: folder of what it wrote, to be merged into the image's; None where there is none.
        cached: whether it was carried out before.
    """

    environment_key: str | None
    files: Path | None
    cached: bool


@frozen(kw_only=True)
class Runner:
    """Carries out RUN instructions.

    Attributes:
        environments: where outcomes are kept.
        view: how private views are made; without one only pip and a few harmless commands are carried out.
        write: receives each line of output.
        machine: variables of the build, of which pip's and those of TLS and proxies reach the command.
    """

    environments: Environments
    view: PrivateView | None
    write: Callable[[str], None]
    machine: Mapping[str, str]

    def run(self, step: RunStep, *, use_cache: bool) -> RunOutcome:
        """Carries out a RUN, or gives the outcome of the same one before.

        Raises:
            RunFailedError: the command failed.
            EngineError: this engine cannot carry it out.
        """
        refuse_system_packages(step.words)
        key = step.key()
        with self.environments.locked(key):
            cached = use_cache and self.environments.is_complete(key)
            if not cached:
                self.environments.discard(key)
                try:
                    after = self._in_view(key, step) if self.view is not None else self._by_pip(key, step)
                except BaseException:
                    self.environments.discard(key)
                    raise
                self.environments.complete(key, after)
            files = self.environments.files(key)
            return RunOutcome(
                environment_key=self.environments.outcome(key),
                files=files if files.is_dir() else None,
                cached=cached,
            )

    def _in_view(self, key: str, step: RunStep) -> str | None:
        assert self.view is not None  # noqa: S101 - asked by the caller
        scratch = self.environments.folder / key / "view"
        scratch.parent.mkdir(parents=True)
        variables = self._variables(step)
        binds = self._binds(key, variables)
        python, launchers = None, None
        if step.environment_key is not None:
            folder = self.environments.python(step.environment_key)
            python = Bind(source=folder, target=folder, copy_on_write=True)
            variables["PATH"] = self.environments.on_path(step.environment_key, variables["PATH"])
            launchers = self.environments.launchers(step.environment_key)
        all_binds = [*binds, *([python] if python else [])]
        command = self.view.command(
            scratch=scratch,
            files=step.files,
            binds=all_binds,
            working_dir=step.working_dir,
            arguments=step.words,
            launchers=launchers,
        )
        self._call(command, variables, None, step.words)
        changed = self.view.without_mount_points(scratch, all_binds, launchers)
        after = step.environment_key
        if python is not None and step.environment_key is not None:
            written = self.view.copied(scratch, python)
            if any(written.iterdir()):
                self.environments.derive(key, step.environment_key)
                merge(written, self.environments.python(key), keep_marks=False)
                self.environments.adapt_scripts(key, step.environment_key)
                after = key
        if any(changed.iterdir()):
            changed.rename(self.environments.files(key))
        shutil.rmtree(scratch.with_name("settings"), ignore_errors=True)
        self.environments.discard_part(key, "view")
        return after

    def _by_pip(self, key: str, step: RunStep) -> str | None:
        if step.environment_key is None:
            raise EngineError("RUN without private mounts needs an image with Python: FROM python:<version>")
        commands = simple_commands(step.words)
        self.environments.derive(key, step.environment_key)
        python = self.environments.python(key) / "bin" / "python"
        variables = self._variables(step)
        variables["PATH"] = self.environments.on_path(key, variables["PATH"])
        variables["HOME"] = self.machine.get("HOME", "/")
        for words in commands:
            arguments = [_translated(step.files, word) for word in words]
            if (pip := _pip_arguments(arguments)) is not None:
                arguments = [str(python), "-m", "pip", *pip]
            self._call(arguments, variables, step.files / step.working_dir.lstrip("/"), step.words)
        return key

    def _call(
        self, command: list[str], variables: Mapping[str, str], working_dir: Path | None, words: tuple[str, ...]
    ) -> None:
        with subprocess.Popen(
            command,
            env=dict(variables),
            cwd=working_dir,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            for line in process.stdout:
                self.write(line.rstrip("\n"))
        if process.returncode:
            code = process.returncode if process.returncode > 0 else 128 - process.returncode
            raise RunFailedError(" ".join(words), code)

    def _variables(self, step: RunStep) -> dict[str, str]:
        """What the command sees: pip and TLS settings of this machine, then the image's and its build arguments."""
        return {
            "PATH": DEFAULT_PATH,
            "HOME": "/root",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PIP_NO_INPUT": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            **machine_settings(self.machine),
            "PIP_CACHE_DIR": str(self.environments.downloads()),
            **step.variables,
        }

    def _binds(self, key: str, variables: Mapping[str, str]) -> list[Bind]:
        """Files of this machine that pip's settings name and the view would not show, and the user's pip.conf."""
        assert self.view is not None  # noqa: S101 - asked by the caller
        binds = [Bind(source=self.environments.downloads(), target=self.environments.downloads())]
        for name, value in variables.items():
            if _FROM_MACHINE.fullmatch(name) and name != "PIP_CACHE_DIR":
                for word in re.split(r"[\s:]+", value):
                    path = Path(word)
                    if path.is_absolute() and path.exists() and self.view.hides(path):
                        binds.append(Bind(source=path, target=path))
        home = Path(self.machine.get("HOME", "/nonexistent"))
        for place_of_settings in (".config/pip/pip.conf", ".pip/pip.conf"):
            if (home / place_of_settings).is_file():
                copy = self.environments.folder / key / "settings" / place_of_settings
                copy.parent.mkdir(parents=True)
                shutil.copyfile(home / place_of_settings, copy)
                binds.append(Bind(source=copy, target=Path("/root") / place_of_settings))
        return binds


def machine_settings(machine: Mapping[str, str]) -> dict[str, str]:
    """The variables by which this machine tells pip, TLS and HTTP clients how to reach the outside."""
    return {name: value for name, value in machine.items() if _FROM_MACHINE.fullmatch(name)}


def refuse_system_packages(words: tuple[str, ...]) -> None:
    """Raises EngineError for a command that calls a system's package manager."""
    for command in _commands(words):
        found = _program(command)
        if found in _SYSTEM_PACKAGES:
            raise EngineError(
                f"RUN {found} needs docker or podman: the process engine has this machine's system packages alone"
            )


def simple_commands(words: tuple[str, ...]) -> list[list[str]]:
    """The commands of a RUN that needs no view: pip, mkdir, chmod, echo and true, joined by && or ;.

    Raises:
        EngineError: another command, which needs docker, podman, or private mounts.
    """
    commands = [command for command in _commands(words) if command]
    for command in commands:
        if _pip_arguments(command) is None and command[0] not in {"mkdir", "chmod", "echo", "true", ":"}:
            raise EngineError(
                f"RUN {command[0]} needs docker, podman or private mounts: this machine's engine carries out pip, "
                "mkdir, chmod, echo and true"
            )
        if any(set(word) & set("|<>`$*") for word in command):
            raise EngineError(f"RUN {shlex.join(command)}: shell syntax needs docker, podman or private mounts")
    return [["true"] if command[0] == ":" else command for command in commands]


def _commands(words: tuple[str, ...]) -> list[list[str]]:
    """Each command's words, as far as a glance at a shell's text tells."""
    if len(words) < 3 or "-c" not in words:
        return [list(words)]
    lexer = shlex.shlex(words[-1], posix=True, punctuation_chars=";&|\n()")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    commands: list[list[str]] = [[]]
    try:
        for token in lexer:
            if token and set(token) <= set(";&|\n()"):
                commands.append([])
            else:
                commands[-1].append(token)
    except ValueError as error:
        raise EngineError(f"RUN {words[-1]}: {error}") from error
    return commands


def _program(command: list[str]) -> str:
    for word in command:
        if word in _BEFORE_COMMAND or re.match(r"[A-Za-z_]\w*=|-", word):
            continue
        return os.path.basename(word)  # noqa: PTH119 - a word of a shell's text, not a path of ours
    return ""


def _pip_arguments(command: list[str]) -> list[str] | None:
    """Pip's arguments, where a command is pip or ``python -m pip``."""
    if _PIP.fullmatch(command[0]):
        return command[1:]
    if len(command) >= 3 and _PYTHON.fullmatch(command[0]) and command[1:3] == ["-m", "pip"]:
        return command[3:]
    return None


def _translated(files: Path, word: str) -> str:
    if not word.startswith("/"):
        return word
    own = place(files, word)
    return str(own) if own.exists() or not Path(word).exists() else word
