"""One module per command, with HELP, add_arguments(parser) and run(options)."""

from seq2seq.commands import bench, export, fetch, generate, push, train, translate
from seq2seq.commands.measure import align, compare, evaluate, forcing, replies, score, worth

COMMANDS = {
    "translate": translate,
    "score": score,
    "generate": generate,
    "fetch": fetch,
    "train": train,
    "evaluate": evaluate,
    "forcing": forcing,
    "compare": compare,
    "worth": worth,
    "replies": replies,
    "align": align,
    "push": push,
    "bench": bench,
    "export": export,
}
