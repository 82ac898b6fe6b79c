"""A trained network leaves glassnet: ONNX, C, PyTorch and scikit-learn answer what it answers.

Those that cannot be run here (no onnxruntime, no C compiler, no torch) are named and left out.

python examples/another_home.py [--quick]
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.errors import Unsupported
from glassnet.export.agreement import agreement, exported_answers
from glassnet.export.rows import rows_for
from glassnet.export.source import source


def main() -> None:
    """Fit a pipeline, write it in each form, and compare the answers."""
    X, y = load_wine(return_X_y=True)
    epochs = 100 if "--quick" in sys.argv else 400
    classifier = gn.MLPClassifier(
        (16,), "tanh", learning_rate_init=0.02, max_iter=epochs, schedule="cosine", random_state=0
    )
    model = make_pipeline(StandardScaler(), classifier).fit(X, y)
    found = source(model)
    rows = rows_for(found, X)
    with tempfile.TemporaryDirectory() as folder:
        for path, write in (
            ("wine.onnx", gn.export_onnx), ("wine.c", gn.export_c), ("wine", gn.export_torch),
        ):  # fmt: skip
            try:
                write(model, Path(folder) / path)
                seen = agreement(found, rows, exported_answers(Path(folder) / path, found, rows))
            except Unsupported as missing:
                print(f"{path:10} left out: {missing}")
                continue
            print(f"{path:10} {seen}")
            assert seen.largest <= 1e-6
            assert seen.same_labels == 1.0
    theirs = gn.to_sklearn(model)
    print(f"{type(theirs[-1]).__module__.split('.')[0]:10} {theirs.score(X, y):.1%} of the labels")
    assert np.allclose(theirs.predict_proba(X), model.predict_proba(X))


if __name__ == "__main__":
    main()
