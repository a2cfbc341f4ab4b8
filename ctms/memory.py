"""The memory of a process that answers pages for long."""

import gc


def settle() -> None:
    """What is loaded by now stays: looking through it for garbage took up to a fifth of a list's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
