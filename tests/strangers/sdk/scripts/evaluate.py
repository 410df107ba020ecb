"""Says how far a model's mean is from 102."""

import json
import tarfile
from pathlib import Path

base = Path("/opt/ml/processing")
with tarfile.open(next((base / "model").glob("*.tar.gz"))) as archive:
    archive.extractall(base, filter="data")
error = abs(json.loads((base / "mean.json").read_text())["mean"] - 102)
(base / "evaluation").mkdir(exist_ok=True)
(base / "evaluation/evaluation.json").write_text(json.dumps({"metrics": {"error": {"value": error}}}))
