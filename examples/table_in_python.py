"""What ``glassnet fit`` does, from Python: a table in, a model file and a report out.

python examples/table_in_python.py [--quick]
"""

import sys
import tempfile
from pathlib import Path

import glassnet as gn
from glassnet.data.datasets import bundled
from glassnet.estimators.table_fit import fit_table
from glassnet.estimators.table_plan import TableSettings


def main() -> None:
    """Fit, save, load, predict."""
    epochs = 40 if "--quick" in sys.argv else 200
    table = bundled("wine")
    found = fit_table(table, "target", TableSettings(hidden=(32,), epochs=epochs, seed=1))
    print(found.plan.guess.reason)
    print(found.model.network.summary())
    print({name: round(value, 3) for name, value in found.scores.items()})

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wine.glassnet"
        gn.save(found.model, path)
        model = gn.load(path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")
    assert (model.predict(table) == found.model.predict(table)).all()
    assert found.scores["accuracy"] > 0.8


if __name__ == "__main__":
    main()
