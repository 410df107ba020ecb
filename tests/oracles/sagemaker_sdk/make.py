"""Makes the golden files beside it: pipelines as the SageMaker SDK writes them (`Pipeline.definition()`).

The SDK needs an environment of its own, which `remake.py` makes, and no AWS account:

    ./mlops python tests/oracles/remake.py sagemaker_sdk
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # the SDK's environment does not have this project

from tests.oracles.sagemaker_sdk.control import CONTROL
from tests.oracles.sagemaker_sdk.housing_ray import housing_ray, start_selected
from tests.oracles.sagemaker_sdk.jobs import JOBS
from tests.oracles.sagemaker_sdk.models import MODELS
from tests.oracles.sagemaker_sdk.monitoring import MONITORING
from tests.oracles.sagemaker_sdk.offline import session


def main() -> None:
    """Writes the documents into the folder that is named, or beside this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for make in (*JOBS, *MODELS, *CONTROL, *MONITORING, housing_ray):
        pipeline = make(session()[0])
        _write(folder / f"{pipeline.name}.pipeline.json", pipeline.definition())
    made, requests = session()
    requests.answers["StartPipelineExecution"] = b'{"PipelineExecutionArn": "any"}'
    start_selected(housing_ray(made))
    sent = json.loads(requests.sent[0])
    del sent["ClientRequestToken"]  # botocore's, another one each time
    _write(folder / "selective-execution.start.json", json.dumps(sent))


def _write(path: Path, document: str) -> None:
    """Indented, in the SDK's own order of fields."""
    path.write_text(json.dumps(json.loads(document), indent=2) + "\n")


if __name__ == "__main__":
    main()
