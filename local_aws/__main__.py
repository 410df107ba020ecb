"""``python -m local_aws``: the local AWS as a process of its own, until it is told to end."""

import argparse
import ctypes
import errno
import json
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

PORT_IN_USE = 3
"""Exit code when the port is taken."""

_STOP_SECONDS = 9.0
_MMAP_THRESHOLD = -3
"""Of glibc's ``mallopt``."""
_LARGE = 2**20


def main(arguments: list[str] | None = None) -> int:
    """Runs the server in the foreground; gives the exit code.

    Args:
        arguments: of the command line. Default: this process's.
    """
    options = _options(arguments)
    _log_to(options.log_file)
    log = logging.getLogger("local_aws")
    for name in [name for name in os.environ if name.startswith("MOTO_") or name == "INITIAL_NO_AUTH_ACTION_COUNT"]:
        # settings of moto's own server (another account, its own IAM) are not this server's
        del os.environ[name]
    _go_past_proxies()
    _give_large_blocks_back()
    # a server takes half a second to import; a wrong option should not
    from local_aws.server import LocalAws

    local_aws = LocalAws(port=options.port, cache_dir=options.cache_dir)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: local_aws.stop_requested.set())
    try:
        local_aws.start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(  # noqa: T201 - a command's answer
            f"port {options.port} on 127.0.0.1 is in use; choose another with --port, or --port 0 for a free one",
            file=sys.stderr,
        )
        return PORT_IN_USE
    local_aws.health.probe_engine()
    local_aws.health.await_answer()
    if options.state_file is not None:
        _write_state(options.state_file, local_aws.port, options.log_file)
    log.info("the local AWS answers on %s", local_aws.platform.endpoint_url)
    local_aws.stop_requested.wait()
    stopper = threading.Thread(target=local_aws.stop, name="stop", daemon=True)
    stopper.start()
    stopper.join(_STOP_SECONDS)
    if stopper.is_alive():
        log.warning("what still runs after %s s is killed with the server", _STOP_SECONDS)
    if options.state_file is not None:
        _remove_state(options.state_file)
    return 0


def _go_past_proxies() -> None:
    """Keeps this server, its builds and its jobs from asking the machine's proxy for 127.0.0.1."""
    excepted = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = f"{excepted},127.0.0.1" if excepted else "127.0.0.1"


def _give_large_blocks_back() -> None:
    """Memory of large bodies goes back to the system at once; glibc would keep it for the next one, a thread each."""
    with suppress(AttributeError):  # another library than glibc
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local_aws", description="An AWS on 127.0.0.1.")
    parser.add_argument("--port", type=_port, default=0, help="TCP port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--state-file", type=Path, help="JSON file that tells process and port while the server runs")
    parser.add_argument("--cache-dir", type=Path, help="folder for what is kept between runs (default: nothing is)")
    parser.add_argument("--log-file", type=Path, help="file for the server's log (default: standard error)")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 65535, got {text!r}")
    return int(text)


def _log_to(log_file: Path | None) -> None:
    logging.basicConfig(
        filename=log_file,
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("local_aws").setLevel(logging.INFO)


def _write_state(path: Path, port: int, log_file: Path | None) -> None:
    state = {
        "pid": os.getpid(),
        "port": port,
        "endpoint_url": f"http://127.0.0.1:{port}",
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "log": None if log_file is None else str(log_file.resolve()),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    partial.write_text(json.dumps(state, indent=1) + "\n")
    partial.replace(path)


def _remove_state(path: Path) -> None:
    # a later server may have written its own
    try:
        mine = json.loads(path.read_text())["pid"] == os.getpid()
    except (FileNotFoundError, ValueError, KeyError):
        return
    if mine:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # worker threads may wait for what has been killed: they must not hold the process
    os._exit(code)
