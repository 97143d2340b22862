"""What serves the page: shared models, limits, files, and everything that leans on Gradio's inside."""
