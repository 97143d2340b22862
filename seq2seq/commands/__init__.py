"""One module per command, with HELP, add_arguments(parser) and run(options)."""

from seq2seq.commands import (
    align,
    bench,
    compare,
    evaluate,
    export,
    fetch,
    forcing,
    generate,
    push,
    replies,
    score,
    train,
    translate,
    worth,
)

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
