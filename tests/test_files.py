import errno
from pathlib import Path

import pytest

from seq2seq.files import advice, replace_file


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_failed_write_names_the_file_and_keeps_the_old_content(tmp_path: Path, number: int) -> None:
    target = tmp_path / "model.bin"
    name = [] if number == errno.ENOSPC else [str(tmp_path / ".model.bin.partial")]
    target.write_text("old")

    def write(partial: Path) -> None:
        partial.write_text("half")
        raise OSError(number, "no", *name)  # a write to a full disk does not know the name of its file

    with pytest.raises(OSError) as caught:
        replace_file(target, write)
    assert caught.value.filename == str(target)
    assert target.read_text() == "old" and list(tmp_path.iterdir()) == [target]
    assert (advice(caught.value) is not None) == (number != errno.EIO)
