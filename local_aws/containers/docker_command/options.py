"""The command line of ``docker``, as far as builds use it."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

UNSUPPORTED_CODE = 125


class UsageError(Exception):
    """A command line that the docker of builds does not take; the message says why."""


class Parser(argparse.ArgumentParser):
    """Raises `UsageError` for a wrong command line."""

    def error(self, message: str) -> NoReturn:
        """Raises the error."""
        raise UsageError(f"{message} (this docker is the local AWS's: {self.prog} has no more than --help says)")


def build_parser(prog: str) -> Parser:
    """``docker build``."""
    parser = Parser(prog=prog, allow_abbrev=False)
    parser.add_argument("context", metavar="PATH")
    parser.add_argument("-t", "--tag", action="append", default=[], dest="tags")
    parser.add_argument("-f", "--file", default=None)
    parser.add_argument("--build-arg", action="append", default=[], dest="build_arguments")
    parser.add_argument("--label", action="append", default=[], dest="labels")
    parser.add_argument("--target", default=None)
    parser.add_argument("--no-cache", action="store_true")
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--iidfile", default=None)
    parser.add_argument("--push", action="store_true")
    parser.add_argument("--platform", default=None)
    for name in ("--load", "--pull", "--rm", "--force-rm"):
        parser.add_argument(name, nargs="?", const="true", default=None, help="has no effect here")
    for name in ("--progress", "--network", "--provenance", "--sbom", "--cache-from", "--cache-to", "--builder"):
        parser.add_argument(name, default=None, help="has no effect here")
    parser.add_argument("--shm-size", default=None, help="has no effect here")
    return parser


def run_parser(prog: str) -> Parser:
    """``docker run``."""
    parser = Parser(prog=prog, allow_abbrev=False)
    parser.add_argument("-e", "--env", action="append", default=[], dest="variables")
    parser.add_argument("-v", "--volume", action="append", default=[], dest="volumes")
    parser.add_argument("--entrypoint", default=None)
    parser.add_argument("--rm", action="store_true")
    parser.add_argument("-i", "--interactive", action="store_true", help="has no effect here")
    parser.add_argument("--name", default=None, help="has no effect here")
    parser.add_argument("--network", default=None, help="has no effect here: the machine's network is used")
    parser.add_argument("image", metavar="IMAGE")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARG")
    return parser


def login_parser(prog: str) -> Parser:
    """``docker login``."""
    parser = Parser(prog=prog, allow_abbrev=False)
    parser.add_argument("-u", "--username", default="")
    parser.add_argument("-p", "--password", default=None)
    parser.add_argument("--password-stdin", action="store_true")
    parser.add_argument("registry", metavar="SERVER")
    return parser


def images_parser(prog: str) -> Parser:
    """``docker images``."""
    parser = Parser(prog=prog, allow_abbrev=False)
    parser.add_argument("-q", "--quiet", action="store_true")
    parser.add_argument("--no-trunc", action="store_true")
    parser.add_argument("repository", nargs="?", default=None)
    return parser


def inspect_parser(prog: str) -> Parser:
    """``docker inspect``."""
    parser = Parser(prog=prog, allow_abbrev=False)
    parser.add_argument("-f", "--format", default=None)
    parser.add_argument("--type", default="image", choices=["image"])
    parser.add_argument("names", nargs="+", metavar="NAME")
    return parser


def names_parser(prog: str, count: int | str, *flags: str) -> Parser:
    """A subcommand of names alone."""
    parser = Parser(prog=prog, allow_abbrev=False)
    for flag in flags:
        parser.add_argument(flag, action="store_true", help="has no effect here")
    parser.add_argument("names", nargs=count, metavar="NAME")
    return parser


def key_values(entries: Sequence[str], environment: dict[str, str]) -> dict[str, str]:
    """``K=V`` entries; a bare ``K`` takes its value from the environment, and is left out where that has none."""
    found = {}
    for entry in entries:
        name, separator, value = entry.partition("=")
        if separator:
            found[name] = value
        elif name in environment:
            found[name] = environment[name]
    return found
