"""scikit-learn's place: estimators with its contract."""
