"""A trained network for other homes: ONNX, plain C, PyTorch, scikit-learn."""
