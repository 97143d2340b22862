"""The parts of a form: sentence, model, search, and the menus of examples."""
