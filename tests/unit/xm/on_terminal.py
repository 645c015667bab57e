#!/usr/bin/env python3
"""Runs a command on a terminal of its own: on_terminal.py [--interrupt TEXT]... -- WORD...

Prints what the command wrote there, and ends with its status, or 128 and the number of the signal that it died of. Types ^C
each time that the next TEXT has appeared.
"""
import os
import pty
import sys
import time

interrupts = []
words = sys.argv[1:]
while words[0] == "--interrupt":
    interrupts.append(words[1].encode())
    words = words[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(words[1], words[1:])
written, looked_at = b"", 0
while True:
    try:
        some = os.read(terminal, 4096)
    except OSError:  # a terminal nobody has open any more
        break
    if not some:
        break
    written += some
    if interrupts and interrupts[0] in written[looked_at:]:
        looked_at = len(written)
        interrupts.pop(0)
        time.sleep(0.3)  # as a person would: two at once are one to the one who gets them
        os.write(terminal, b"\x03")
_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(written)
sys.exit(os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
