"""The CDK command line, run against a target."""

import signal
import subprocess
import sys
from pathlib import Path

from attrs import frozen

from mlops_cli.errors import INTERRUPTED, UNAVAILABLE, CliError
from mlops_cli.project import CDK, CLOUD_ASSEMBLY, ROOT, STATE
from mlops_cli.target import Target


@frozen
class Cdk:
    """Runs `cdk` commands of the pinned CDK command line.

    Args:
        target: the AWS they speak to.
        quiet: keep their output for the error message instead of showing it. Default: show it.
    """

    target: Target
    quiet: bool = False

    @property
    def assembly(self) -> Path:
        """The folder of the synthesized app."""
        return CLOUD_ASSEMBLY

    def synth(self, environment: str | None) -> Path:
        """Synthesizes the app; gives its folder."""
        self.start_synth(environment).finish()
        return self.assembly

    def start_synth(self, environment: str | None) -> "CdkProcess":
        """Starts to synthesize the app beside other work."""
        # fmt: off
        return self._start("synth", "**", "--quiet", "--app", f"{sys.executable} app.py",
                           "--output", str(CLOUD_ASSEMBLY), *_context(environment))
        # fmt: on

    def bootstrap(self, account: str) -> None:
        """Makes the roles and the bucket that deployments use, in an account and the target's region."""
        # in a folder without cdk.json: with one, the command line would synthesize the app first
        STATE.mkdir(parents=True, exist_ok=True)
        self._start("bootstrap", f"aws://{account}/{self.target.region}", cwd=STATE).finish()

    def deploy(self, assembly: Path) -> None:
        """Deploys every stack of a cloud assembly."""
        # fmt: off
        self._start("deploy", "--all", "--app", str(assembly), "--require-approval", "never",
                    "--progress", "events", "--concurrency", "4").finish()
        # fmt: on

    def destroy(self, assembly: Path) -> None:
        """Deletes every stack of a cloud assembly."""
        self._start("destroy", "--all", "--force", "--app", str(assembly)).finish()

    def _start(self, *arguments: str, cwd: Path = ROOT) -> "CdkProcess":
        if not CDK.exists():
            raise CliError("the CDK command line is not installed", hint="run npm ci", exit_code=UNAVAILABLE)
        environment = {
            **self.target.environment(),
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }
        # fmt: off
        command = ["node", str(CDK), *arguments, "--no-notices", "--ci", "--no-color"]
        # fmt: on
        output = subprocess.PIPE if self.quiet else None
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            text=True,
        )  # fmt: skip
        return CdkProcess(process, arguments[0])


@frozen
class CdkProcess:
    """A `cdk` command that runs."""

    process: subprocess.Popen[str]
    name: str

    def finish(self) -> None:
        """Waits for its end.

        Raises:
            CliError: it failed; the message carries its output where that was not shown.
        """
        try:
            output, _ = self.process.communicate()
        except KeyboardInterrupt:
            self.process.send_signal(signal.SIGINT)
            self.process.communicate()
            raise
        if self.process.returncode:
            interrupted = self.process.returncode in (-signal.SIGINT, INTERRUPTED)
            details = f":\n{output.strip()}" if output else ""
            raise CliError(
                f"cdk {self.name} ended with exit code {self.process.returncode}{details}",
                exit_code=INTERRUPTED if interrupted else 1,
            )

    def cancel(self) -> None:
        """Ends it, whatever it does."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()


def _context(environment: str | None) -> list[str]:
    return [] if environment is None else ["--context", f"env={environment}"]
