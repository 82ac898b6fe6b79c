"""scikit-learn's own MLPClassifier and MLPRegressor: made from a model, and taken over."""
