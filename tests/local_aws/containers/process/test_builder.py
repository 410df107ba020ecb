"""Dockerfiles are carried out: what they make is run."""

import tarfile
from pathlib import Path

import pytest

from local_aws.server import LocalAws
from tests.local_aws.containers.docker import Docker


@pytest.fixture
def docker(local_aws: LocalAws, tmp_path: Path) -> Docker:
    home = tmp_path / "home"
    home.mkdir()
    return Docker.of(local_aws, home)


@pytest.fixture
def bare(local_aws: LocalAws, tmp_path: Path) -> Docker:
    """Without private mounts."""
    home = tmp_path / "bare"
    home.mkdir()
    return Docker.of(local_aws, home, private=False)


def test_files_variables_and_configuration(docker: Docker, tmp_path: Path) -> None:
    dockerfile = """
FROM scratch
ARG NAME=default
ENV GREETING="hello $NAME" PLACE=/opt/program
WORKDIR $PLACE
WORKDIR inner
COPY --chmod=755 tools/ /opt/tools/
COPY one two ./
COPY one renamed
EXPOSE 8080 9000/udp
LABEL team="ml ops"
USER 1000
STOPSIGNAL SIGINT
VOLUME /data
HEALTHCHECK --interval=5s CMD curl -f localhost
ENTRYPOINT ["/opt/tools/run", "fixed"]
CMD ["default"]
"""
    files = {
        "Dockerfile": dockerfile,
        "tools/run": '#!/bin/sh\necho "$GREETING" $PWD "$@"; ls\n',
        "one": "1",
        "two": "2",
    }
    printed = docker.build(tmp_path / "c", files, "--build-arg", "NAME=world", "--build-arg", "OTHER=1")
    assert "Step 1/16 : FROM scratch" in printed
    assert "[Warning] One or more build-args ['OTHER'] were not consumed" in printed
    assert docker("run", "image") == "hello world /opt/program/inner fixed default\none\nrenamed\ntwo\n"
    assert docker("run", "image", "train").startswith("hello world /opt/program/inner fixed train\n")
    assert docker("run", "--entrypoint", "/bin/pwd", "image") == "/opt/program/inner\n"
    config = docker.config()
    assert config["WorkingDir"] == "/opt/program/inner"
    assert config["ExposedPorts"] == {"8080/tcp": {}, "9000/udp": {}}
    assert config["Labels"] == {"team": "ml ops"}
    assert (config["User"], config["StopSignal"], config["Volumes"]) == ("1000", "SIGINT", {"/data": {}})
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "curl -f localhost"], "interval": "5s"}


def test_run_writes_into_the_image_and_not_to_this_machine(docker: Docker, tmp_path: Path) -> None:
    dockerfile = """
FROM scratch
COPY word /opt/a/word
RUN mkdir -p /opt/b /made && mv /opt/a/word /opt/b/ && ln -s /opt/b/word /usr/local/bin/local-aws-test && rm -r /opt/a
RUN ["/bin/sh", "-c", "echo exec >> /made/log; rm /etc/hostname"]
SHELL ["/bin/sh", "-ec"]
RUN echo shell >> /made/log
"""
    docker.build(tmp_path / "c", {"Dockerfile": dockerfile, "word": "text\n"})
    script = "cat /usr/local/bin/local-aws-test /made/log; ls -d /opt/a /etc/hostname; true"
    printed = docker("run", "image", "sh", "-c", script)
    assert printed.splitlines()[:3] == ["text", "exec", "shell"]
    assert printed.count("No such file or directory") == 2
    assert not Path("/made").exists()
    assert not Path("/usr/local/bin/local-aws-test").exists()


def test_outcomes_of_run_are_kept_by_what_they_depend_on(docker: Docker, tmp_path: Path) -> None:
    files = {"Dockerfile": "FROM scratch\nCOPY word /w\nRUN cat /w > /copy\n", "word": "one\n"}
    assert "Using cache" not in docker.build(tmp_path / "c", files)
    assert "Using cache" in docker.build(tmp_path / "c", files)
    assert "Using cache" not in docker.build(tmp_path / "c", files, "--no-cache")
    assert "Using cache" not in docker.build(tmp_path / "c", {"word": "two\n"})
    assert docker("run", "image", "cat", "/copy") == "two\n"
    first, second = (docker("images", "-q"), docker.build(tmp_path / "c", files) and docker("images", "-q"))
    assert first != second


def test_stages(docker: Docker, tmp_path: Path) -> None:
    dockerfile = """
ARG BASE=scratch
FROM $BASE AS first
RUN echo from first > /artifact
CMD ["cat", "/artifact"]
FROM scratch AS unused
RUN exit 1
FROM first AS second
COPY --from=first /artifact /copied
COPY --from=0 /art* /many/
ENV X=1
"""
    printed = docker.build(tmp_path / "c", {"Dockerfile": dockerfile})
    assert "exit 1" not in printed
    assert docker("run", "image", "cat", "/copied", "/many/artifact") == "from first\nfrom first\n"
    assert docker("run", "image") == "from first\n"
    docker.build(tmp_path / "c", {}, "--target", "first")
    assert docker("run", "image", "ls", "/copied", code=2) != ""


def test_add_unpacks_archives(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "inside").write_text("text\n")
    with tarfile.open(tmp_path / "c/files.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "inside", "deep/inside")
    docker.build(tmp_path / "c", {"Dockerfile": "FROM scratch\nADD files.tar.gz /opt/files\nCOPY files.tar.gz /opt/\n"})
    assert docker("run", "image", "cat", "/opt/files/deep/inside") == "text\n"
    assert docker("run", "image", "ls", "/opt/files.tar.gz") == "/opt/files.tar.gz\n"


def test_python_packages_are_the_images_own(docker: Docker, tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
        "COPY main.py /\n"
        'CMD ["python", "/main.py"]\n',
        "requirements.txt": "six==1.17.0\n",
        "main.py": "import six\nprint(six.__version__)\n",
    }
    printed = docker.build(tmp_path / "c", files)
    assert "FROM python:3.12-slim: using Python 3." in printed
    assert docker("run", "image") == "1.17.0\n"
    assert "Using cache" in docker.build(tmp_path / "c", {"main.py": files["main.py"] + "print('more')\n"})
    assert docker("run", "image") == "1.17.0\nmore\n"
    derived = (
        'FROM image\nRUN pip uninstall -y six && echo \'#!/usr/local/bin/python\' > /x\nCMD ["python", "/main.py"]\n'
    )
    docker.build(tmp_path / "d", {"Dockerfile": derived})
    assert "No module named 'six'" in docker("run", "image", code=1)


def test_python_is_where_python_images_have_it(docker: Docker, tmp_path: Path) -> None:
    dockerfile = """
FROM python:3.12
COPY --chmod=755 program /opt/
RUN /usr/local/bin/python -c "import sys; print(sys.prefix)" > /during
ENTRYPOINT ["/opt/program"]
"""
    program = (
        "#!/usr/local/bin/python3\nimport sys\nprint(sys.prefix == open('/during').read().strip(), sys.argv[1:])\n"
    )
    docker.build(tmp_path / "c", {"Dockerfile": dockerfile, "program": program})
    assert docker("run", "image", "a b") == "True ['a b']\n"


def test_packages_of_another_stage(docker: Docker, tmp_path: Path) -> None:
    dockerfile = """
FROM python:3.12 AS build
RUN pip install six==1.17.0
RUN python -m venv --without-pip /opt/venv
FROM python:3.12-slim
COPY --from=build /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.12/site-packages
COPY --from=build /opt/venv /opt/venv
"""
    printed = docker.build(tmp_path / "c", {"Dockerfile": dockerfile})
    assert "the Python packages of build come as a whole" in printed
    assert docker("run", "image", "python", "-c", "import six; print(six.__version__)") == "1.17.0\n"
    assert docker("run", "image", "/opt/venv/bin/python", "-c", "import sys; print(sys.prefix)") == "/opt/venv\n"


def test_pip_without_private_mounts(bare: Docker, tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.12\nCOPY main.py requirements.txt /opt/program/\nWORKDIR /opt/program\n"
        "RUN mkdir -p /opt/more && pip install --no-cache-dir -r /opt/program/requirements.txt\n"
        "ENV PATH=/opt/program:$PATH\n"
        'CMD ["python", "/opt/program/main.py"]\n',
        "main.py": "import six\nprint(six.__version__)\n",
        "requirements.txt": "six==1.17.0\n",
    }
    bare.build(tmp_path / "c", files)
    assert bare("run", "image") == "1.17.0\n"
    assert not Path("/opt/more").exists()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("rm -rf /opt/x", "Dockerfile:2: RUN rm needs docker, podman or private mounts"),
        ("pip install x > /log", "shell syntax needs docker, podman or private mounts"),
        ("apt-get update", "Dockerfile:2: RUN apt-get needs docker or podman"),
    ],
)
def test_what_needs_private_mounts(bare: Docker, tmp_path: Path, command: str, message: str) -> None:
    assert message in bare.build(tmp_path / "c", {"Dockerfile": f"FROM python:3\nRUN {command}\n"}, code=1)


@pytest.mark.parametrize(
    ("instructions", "message"),
    [
        ("RUN apt-get update && apt-get install -y nginx", "Dockerfile:2: RUN apt-get needs docker or podman"),
        ("RUN set -ex; sudo yum install x", "Dockerfile:2: RUN yum needs docker or podman"),
        ("COPY absent /x", "Dockerfile:2: COPY failed: 'absent' is not in the build context"),
        ("COPY one two /x", "the destination must be a directory and end with a /"),
        ("COPY one", "COPY requires at least two arguments"),
        ("COPY --from=none /a /b", "COPY --from=none: no such stage, and no image that was built here"),
        ("COPY --exclude=x one /b", "COPY --exclude needs docker or podman"),
        ("COPY --chmod=u+x one /b", "--chmod=u+x: expected an octal number"),
        ("ADD https://example.com/x /x", "Dockerfile:2: ADD https://example.com/x: a URL needs docker or podman"),
        ("RUN --mount=type=secret,id=x true", "RUN --mount=type=secret,id=x needs docker or podman"),
        ("ONBUILD RUN x", "Dockerfile:2: ONBUILD needs docker or podman"),
        ("ENV ALONE", "Dockerfile:2: 'ALONE' must have two arguments"),
        ("EXPOSE abc", "Dockerfile:2: invalid containerPort: abc"),
        ("SHELL bash", "SHELL bash: expected a JSON list"),
        ("WORKDIR ${", "Dockerfile:2: WORKDIR: bad substitution"),
        ("HEALTHCHECK SOON x", "unknown type 'SOON' in HEALTHCHECK"),
    ],
)
def test_errors_name_the_line(docker: Docker, tmp_path: Path, instructions: str, message: str) -> None:
    files = {"Dockerfile": f"FROM scratch\n{instructions}\n", "one": "1", "two": "2"}
    assert message in docker.build(tmp_path / "c", files, code=1)


def test_a_failed_run_gives_its_exit_code(docker: Docker, tmp_path: Path) -> None:
    printed = docker.build(tmp_path / "c", {"Dockerfile": "FROM scratch\nRUN echo before; exit 7\n"}, code=7)
    assert "before" in printed
    assert "The command '/bin/sh -c echo before; exit 7' returned a non-zero code: 7" in printed
    assert "No such image: image" in docker("inspect", "image-of-nothing", code=1).replace("-of-nothing", "")


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("Not/A:Name", "Dockerfile:1: FROM Not/A:Name: invalid reference format"),
        ("$NONE", "base name should not be blank"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/absent:1", "no basic auth credentials"),
    ],
)
def test_bases_that_are_not_there(docker: Docker, tmp_path: Path, base: str, message: str) -> None:
    assert message in docker.build(tmp_path / "c", {"Dockerfile": f"FROM {base}\n"}, code=1)
