"""Measures the trained model on the test data."""

import json
import tarfile

import joblib
from cancer import folders, tables
from sklearn.metrics import accuracy_score, classification_report, roc_auc_score


def main() -> None:
    """Reads ``model``, ``features`` and ``test_data``, writes ``evaluation/evaluation.json``."""
    folder = folders.processing("model")
    with tarfile.open(folder / "model.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    model = joblib.load(folder / "model.joblib")
    names = json.loads((folders.processing("features") / "names.json").read_text())
    table = tables.read(folders.processing("test_data")).only(names)
    predicted = model.predict(table.features)
    result = {
        "accuracy": accuracy_score(table.target, predicted),
        "roc_auc": roc_auc_score(table.target, model.predict_proba(table.features)[:, 1]),
        "report": classification_report(table.target, predicted, output_dict=True),
    }
    (folders.processing("evaluation") / "evaluation.json").write_text(json.dumps(result, indent=2))
    print(f"accuracy={result['accuracy']:.4f}")


folders.run(main)
