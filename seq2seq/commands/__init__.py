"""One module a command: HELP, add_arguments(parser), run(options)."""

from . import bench, evaluate, score, train, translate

COMMANDS = {"translate": translate, "score": score, "train": train, "evaluate": evaluate, "bench": bench}
