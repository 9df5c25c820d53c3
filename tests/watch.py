"""Which files of a folder any process opens, by the kernel's own account (inotify; Linux), whatever language it is written in."""

import ctypes
import os
import struct
from pathlib import Path

OPENED = 0x20  # IN_OPEN of <sys/inotify.h>
EVENT = struct.Struct("iIII")  # watch, mask, cookie, length of the name that follows


class Watch:
    """Watches one folder, without those below it, from its making on."""

    def __init__(self, folder: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(os.O_NONBLOCK)
        if self._descriptor < 0 or libc.inotify_add_watch(self._descriptor, os.fsencode(folder), OPENED) < 0:
            raise OSError(ctypes.get_errno(), "inotify cannot watch", str(folder))

    def opened(self) -> set[str]:
        """Names opened since the last call; "" is the folder itself."""
        names = set()
        while True:
            try:
                events = os.read(self._descriptor, 65536)
            except BlockingIOError:
                return names
            at = 0
            while at < len(events):
                *_, length = EVENT.unpack_from(events, at)
                at += EVENT.size + length
                names.add(events[at - length : at].rstrip(b"\0").decode())
