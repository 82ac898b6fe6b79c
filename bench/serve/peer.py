"""The peer: FastAPI around scikit-learn's predict_proba, on uvicorn with httptools and uvloop."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import uvicorn
from fastapi import FastAPI
from sklearn.neural_network import MLPClassifier

X = np.random.default_rng(0).normal(size=(2000, 20))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    model = MLPClassifier((100,), max_iter=5).fit(
        X, np.array(["no", "yes"])[(X[:, 0] + X[:, 1] ** 2 > 1).astype(int)]
    )
app = FastAPI()


@app.post("/predict")
async def predict(rows: list[list[float]]):
    """Labels and probabilities of rows."""
    chances = model.predict_proba(np.array(rows))
    names = list(map(str, model.classes_))
    labels = model.classes_[chances.argmax(axis=1)]
    return {
        "predictions": [
            {"prediction": str(label), "probabilities": dict(zip(names, row, strict=True))}
            for label, row in zip(labels, chances.tolist(), strict=True)
        ]
    }


uvicorn.run(
    app, host="127.0.0.1", port=int(sys.argv[1]), http="httptools", loop="uvloop",
    log_level="warning", access_log=False,
)  # fmt: skip
