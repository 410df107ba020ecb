"""What a glance at a RUN's text tells."""

import pytest

from local_aws.containers.engine import EngineError
from local_aws.containers.process.runs import machine_settings, refuse_system_packages, simple_commands


def shell(text: str) -> tuple[str, ...]:
    return ("/bin/sh", "-c", text)


@pytest.mark.parametrize(
    "text",
    [
        "apt-get update",
        "set -eux; DEBIAN_FRONTEND=noninteractive apt-get install -y x",
        "true && /usr/bin/apt update",
        "if ! apk add x; then exit 1; fi",
        "(cd /x\n yum install y)",
        "sudo -E dnf install z",
    ],
)
def test_system_packages_are_refused(text: str) -> None:
    with pytest.raises(EngineError, match="needs docker or podman"):
        refuse_system_packages(shell(text))


@pytest.mark.parametrize("text", ["echo apt-get", "pip install apt", "ls /var/lib/apt", "rm -rf /var/lib/apt/lists/*"])
def test_names_of_package_managers_may_be_said(text: str) -> None:
    refuse_system_packages(shell(text))


def test_a_refused_program_in_exec_form() -> None:
    with pytest.raises(EngineError, match="RUN apt-get needs docker or podman"):
        refuse_system_packages(("apt-get", "update"))


def test_text_that_is_no_shell() -> None:
    with pytest.raises(EngineError, match="No closing quotation"):
        refuse_system_packages(shell("echo 'open"))


def test_simple_commands() -> None:
    text = "pip install -r 'a b.txt' && python3 -m pip check; mkdir -p /x && :"
    assert simple_commands(shell(text)) == [
        ["pip", "install", "-r", "a b.txt"],
        ["python3", "-m", "pip", "check"],
        ["mkdir", "-p", "/x"],
        ["true"],
    ]


def test_settings_of_the_machine() -> None:
    given = {"PIP_INDEX_URL": "x", "https_proxy": "p", "SSL_CERT_FILE": "f", "AWS_SECRET_ACCESS_KEY": "s", "HOME": "h"}
    assert machine_settings(given) == {"PIP_INDEX_URL": "x", "https_proxy": "p", "SSL_CERT_FILE": "f"}
