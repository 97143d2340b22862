"""The page. Nothing outside this room imports Gradio."""
