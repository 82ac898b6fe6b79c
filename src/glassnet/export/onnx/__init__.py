"""ONNX: the network and what stands before and behind it in one graph."""
