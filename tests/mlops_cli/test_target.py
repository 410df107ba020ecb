"""How clients are pointed at an AWS."""

import pytest

from mlops_cli.target import Target

PROXIES = ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_proxy_nothing_is_said_of_proxies() -> None:
    assert not set(PROXIES) & Target(endpoint_url="http://127.0.0.1:1").variables().keys()


@pytest.mark.parametrize(("excepted", "expected"), [("", "127.0.0.1"), (".corp", ".corp,127.0.0.1")])
def test_no_client_asks_a_proxy_for_the_local_aws(
    monkeypatch: pytest.MonkeyPatch, excepted: str, expected: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.corp:3128")
    monkeypatch.setenv("NO_PROXY", excepted)
    told = Target(endpoint_url="http://127.0.0.1:1").variables()
    assert (told["NO_PROXY"], told["no_proxy"]) == (expected, expected)


def test_aws_itself_is_reached_as_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.corp:3128")
    assert Target(endpoint_url=None).variables() == {}
