"""Builds an image of the process engine from a Dockerfile."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import define, evolve, field, frozen

from local_aws.containers.engine import EngineError
from local_aws.containers.process import words
from local_aws.containers.process.bases import Bases
from local_aws.containers.process.build_context import BuildContext
from local_aws.containers.process.copies import copy
from local_aws.containers.process.dockerfile import DockerfileError, Instruction, Stage, parse
from local_aws.containers.process.images import ImageConfig, ImageStore, ProcessImage
from local_aws.containers.process.layers import make_folder, merge
from local_aws.containers.process.runs import RunFailedError, Runner, RunStep
from local_aws.containers.process.stages import Stages
from local_aws.containers.process.view import remove_tree

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")


@frozen(kw_only=True)
class BuildRequest:
    """What ``docker build`` was asked for.

    Attributes:
        context: folder of files to copy from.
        dockerfile: path of the Dockerfile.
        arguments: values of ARG.
        target: name or number of the stage to build. Default: the last.
        labels: put on the image besides the Dockerfile's.
        use_cache: whether outcomes of RUN are taken from earlier builds.
    """

    context: Path
    dockerfile: Path
    arguments: Mapping[str, str] = field(factory=dict)
    target: str | None = None
    labels: Mapping[str, str] = field(factory=dict)
    use_cache: bool = True


@define(kw_only=True)
class _State:
    """A stage as it grows."""

    files: Path
    environment_key: str | None
    config: ImageConfig
    escape: str
    arguments: dict[str, str] = field(factory=dict)
    command_is_own: bool = False

    @property
    def variables(self) -> dict[str, str]:
        return {**self.arguments, **self.config.environment}

    def expand(self, instruction: Instruction, text: str) -> str:
        try:
            return words.expand(text, self.variables, self.escape)
        except ValueError as error:
            raise DockerfileError(instruction.line, f"{instruction.keyword}: {error}") from None


@define(kw_only=True)
class Builder:
    """Builds one Dockerfile.

    Attributes:
        images: where images are kept.
        bases: finds what FROM names.
        runner: carries out RUN.
        write: receives each line of the build's log.
    """

    images: ImageStore
    bases: Bases
    runner: Runner
    write: Callable[[str], None]
    _request: BuildRequest = field(init=False)
    _stages: Stages = field(init=False)
    _context: BuildContext = field(init=False)
    _built: dict[int, _State] = field(factory=dict)
    _step: int = 0
    _steps: int = 0

    def build(self, request: BuildRequest) -> ProcessImage:
        """Builds the image of the target stage.

        Raises:
            DockerfileError: the Dockerfile is malformed, or has what this engine cannot carry out.
            EngineError: a RUN failed, or a file to copy is missing.
        """
        self._request = request
        file = parse(request.dockerfile.read_text())
        self._stages = Stages(file=file, arguments=request.arguments, target=request.target)
        self._context = BuildContext(request.context, request.dockerfile)
        self._warn_of_unused_arguments()
        needed = self._stages.needed()
        self._steps = sum(1 + len(file.stages[index].instructions) for index in needed)
        try:
            for index in needed:
                self._built[index] = self._build_stage(index, file.stages[index])
            final = self._built.pop(self._stages.last)
            config = evolve(final.config, labels={**final.config.labels, **request.labels})
            return self.images.add(final.files, config, final.environment_key)
        finally:
            for state in self._built.values():
                remove_tree(state.files)

    def _build_stage(self, number: int, stage: Stage) -> _State:
        self._announce(stage.start)
        name = self._stages.base(stage)
        files = self.images.scratch()
        index = self._stages.index(name, before=number)
        if index is not None:
            parent = self._built[index]
            shutil.copytree(parent.files, files, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy2)
            state = _State(
                files=files,
                environment_key=parent.environment_key,
                config=parent.config,
                escape=self._escape,
            )
        else:
            try:
                base = self.bases.find(name)
            except EngineError as error:
                raise DockerfileError(stage.start.line, f"FROM {name}: {error}") from error
            if base.remark:
                self.write(f" ---> FROM {name}: {base.remark}")
            if base.files is not None:
                merge(base.files, files)
            state = _State(files=files, environment_key=base.environment_key, config=base.config, escape=self._escape)
        try:
            for instruction in stage.instructions:
                self._announce(instruction)
                self._carry_out(state, instruction)
        except BaseException:
            remove_tree(files)
            raise
        return state

    def _carry_out(self, state: _State, instruction: Instruction) -> None:
        handler: Callable[[_State, Instruction], None] = getattr(self, f"_do_{instruction.keyword.lower()}")
        try:
            handler(state, instruction)
        except (DockerfileError, RunFailedError):
            raise
        except (EngineError, ValueError, OSError) as error:
            raise DockerfileError(instruction.line, f"{error}") from error

    def _do_arg(self, state: _State, instruction: Instruction) -> None:
        for name, value in self._declared(instruction, state.variables).items():
            if value is not None:
                state.arguments[name] = value

    def _do_env(self, state: _State, instruction: Instruction) -> None:
        found = words.pairs(instruction.text, state.variables, state.escape)
        state.config = evolve(state.config, environment={**state.config.environment, **found})

    def _do_label(self, state: _State, instruction: Instruction) -> None:
        found = words.pairs(instruction.text, state.variables, state.escape)
        state.config = evolve(state.config, labels={**state.config.labels, **found})

    def _do_maintainer(self, state: _State, instruction: Instruction) -> None:
        state.config = evolve(state.config, labels={**state.config.labels, "maintainer": instruction.text})

    def _do_workdir(self, state: _State, instruction: Instruction) -> None:
        path = state.expand(instruction, instruction.text)
        if not path.startswith("/"):
            path = state.config.working_dir.rstrip("/") + "/" + path
        state.config = evolve(state.config, working_dir=_normal(path))
        make_folder(state.files, path)

    def _do_user(self, state: _State, instruction: Instruction) -> None:
        state.config = evolve(state.config, user=state.expand(instruction, instruction.text))

    def _do_expose(self, state: _State, instruction: Instruction) -> None:
        found = []
        for port in words.split(instruction.text, state.variables, state.escape):
            number, _, protocol = port.partition("/")
            if not all(part.isdigit() for part in number.split("-", 1)) or protocol not in {"", "tcp", "udp"}:
                raise ValueError(f"invalid containerPort: {port}: expected <number>[/tcp|/udp]")
            found.append(f"{number}/{protocol or 'tcp'}")
        state.config = evolve(state.config, exposed_ports=tuple(dict.fromkeys((*state.config.exposed_ports, *found))))

    def _do_stopsignal(self, state: _State, instruction: Instruction) -> None:
        state.config = evolve(state.config, stop_signal=state.expand(instruction, instruction.text))

    def _do_volume(self, state: _State, instruction: Instruction) -> None:
        found = instruction.json_form() or tuple(words.split(instruction.text, state.variables, state.escape))
        for path in found:
            make_folder(state.files, path)
        state.config = evolve(state.config, volumes=tuple(dict.fromkeys((*state.config.volumes, *found))))

    def _do_shell(self, state: _State, instruction: Instruction) -> None:
        shell = instruction.json_form()
        if not shell:
            raise ValueError(f"SHELL {instruction.text}: expected a JSON list of texts")
        state.config = evolve(state.config, shell=shell)

    def _do_cmd(self, state: _State, instruction: Instruction) -> None:
        state.command_is_own = True
        state.config = evolve(state.config, command=_program(instruction, state.config))

    def _do_entrypoint(self, state: _State, instruction: Instruction) -> None:
        command = state.config.command if state.command_is_own else None  # a base's command goes with its entrypoint
        state.config = evolve(state.config, entrypoint=_program(instruction, state.config), command=command)

    def _do_healthcheck(self, state: _State, instruction: Instruction) -> None:
        kind, _, text = instruction.text.partition(" ")
        if kind.upper() == "NONE":
            test: list[str] = ["NONE"]
        elif kind.upper() == "CMD":
            form = evolve(instruction, text=text.strip()).json_form()
            test = ["CMD", *form] if form is not None else ["CMD-SHELL", text.strip()]
        else:
            raise ValueError(f"unknown type {kind!r} in HEALTHCHECK: expected CMD or NONE")
        document: dict[str, Any] = {"Test": test, **instruction.flags}
        state.config = evolve(state.config, healthcheck=document)

    def _do_onbuild(self, _state: _State, instruction: Instruction) -> None:
        raise DockerfileError(instruction.line, "ONBUILD needs docker or podman")

    def _do_run(self, state: _State, instruction: Instruction) -> None:
        if kinds := [f"--{name}" for name in instruction.flags if name not in {"mount", "network"}]:
            raise ValueError(f"RUN {' '.join(kinds)} needs docker or podman")
        mount = instruction.flags.get("mount", "type=cache")
        if "type=cache" not in mount:
            raise ValueError(
                f"RUN --mount={mount} needs docker or podman: only type=cache is taken, as no mount at all"
            )
        step = RunStep(
            words=_program(instruction, state.config),
            environment_key=state.environment_key,
            files=state.files,
            variables=state.variables,
            working_dir=state.config.working_dir,
        )
        outcome = self.runner.run(step, use_cache=self._request.use_cache)
        if outcome.cached:
            self.write(" ---> Using cache")
        if outcome.files is not None:
            merge(outcome.files, state.files)
        state.environment_key = outcome.environment_key

    def _do_copy(self, state: _State, instruction: Instruction) -> None:
        source = instruction.flags.get("from")
        other: tuple[Path, str | None] | None = None
        if source is not None:
            source = state.expand(instruction, source)
            index = self._stages.index(source, before=len(self._stages.file.stages))
            if index is not None and index in self._built:
                other = (self._built[index].files, self._built[index].environment_key)
            else:
                image = self.bases.image(source)
                if image is None:
                    raise ValueError(f"COPY --from={source}: no such stage, and no image that was built here")
                other = (image.files, image.environment_key)
        environment = copy(
            instruction,
            files=state.files,
            working_dir=state.config.working_dir,
            variables=state.variables,
            escape=state.escape,
            context=self._context,
            other_files=other[0] if other else None,
            write=self.write,
        )
        if environment and other is not None and other[1] not in {None, state.environment_key}:
            self.write(f" ---> the Python packages of {source} come as a whole")
            state.environment_key = other[1]

    _do_add = _do_copy

    def _declared(self, instruction: Instruction, variables: Mapping[str, str]) -> dict[str, str | None]:
        """Names and values of an ARG: from the request, the file's default, or an ARG before FROM."""
        found: dict[str, str | None] = {}
        for word in words.split(instruction.text, variables, self._escape):
            name, separator, value = word.partition("=")
            default = value if separator else self._stages.variables.get(name)
            found[name] = self._request.arguments.get(name, default)
        return found

    def _warn_of_unused_arguments(self) -> None:
        declared = {
            word.partition("=")[0]
            for instruction in (
                *self._stages.file.arguments,
                *(each for stage in self._stages.file.stages for each in stage.instructions if each.keyword == "ARG"),
            )
            for word in instruction.text.split()
        }
        unused = [name for name in self._request.arguments if name not in declared and name.upper() not in _PROXIES]
        if unused:
            self.write(f"[Warning] One or more build-args {unused} were not consumed")

    @property
    def _escape(self) -> str:
        return self._stages.file.escape

    def _announce(self, instruction: Instruction) -> None:
        self._step += 1
        self.write(f"Step {self._step}/{self._steps} : {instruction.original}")


def _program(instruction: Instruction, config: ImageConfig) -> tuple[str, ...]:
    form = instruction.json_form()
    return form if form is not None else (*config.shell, instruction.text)


def _normal(path: str) -> str:
    done: list[str] = []
    for part in path.split("/"):
        if part == "..":
            done = done[:-1]
        elif part not in {"", "."}:
            done.append(part)
    return "/" + "/".join(done)
