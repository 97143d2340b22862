"""One module a command: HELP, add_arguments(parser), run(options)."""

from . import bench, compare, evaluate, forcing, score, train, translate

COMMANDS = {
    "translate": translate,
    "score": score,
    "train": train,
    "evaluate": evaluate,
    "forcing": forcing,
    "compare": compare,
    "bench": bench,
}
