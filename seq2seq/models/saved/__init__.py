"""Models in files: checkpoints, 8-bit weights, and the export to ONNX."""
