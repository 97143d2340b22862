"""The server side of the page: shared models, limits, files, and all code that depends on Gradio's internals."""
