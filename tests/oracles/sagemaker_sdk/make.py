"""Makes the golden files beside it: pipelines as the SageMaker SDK writes them (`Pipeline.definition()`).

The SDK needs an environment of its own, which `remake.py` makes, and no AWS account:

    ./mlops python tests/oracles/remake.py sagemaker_sdk
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))  # the SDK's environment does not have this project

from tests.oracles.sagemaker_sdk.control import CONTROL
from tests.oracles.sagemaker_sdk.jobs import JOBS
from tests.oracles.sagemaker_sdk.models import MODELS
from tests.oracles.sagemaker_sdk.monitoring import MONITORING
from tests.oracles.sagemaker_sdk.offline import session


def main() -> None:
    """Writes the documents into the folder that is named, or beside this file."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for make in (*JOBS, *MODELS, *CONTROL, *MONITORING):
        pipeline = make(session()[0])
        text = json.dumps(json.loads(pipeline.definition()), indent=2) + "\n"
        (folder / f"{pipeline.name}.pipeline.json").write_text(text)


if __name__ == "__main__":
    main()
