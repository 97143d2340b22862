"""Seq2Seq Unrolled: `python app.py` serves the page. Address and port: GRADIO_SERVER_NAME and GRADIO_SERVER_PORT."""

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read when gradio is imported

from seq2seq.ui.app import create_app, launch_settings

if __name__ == "__main__":
    create_app().launch(**launch_settings())
