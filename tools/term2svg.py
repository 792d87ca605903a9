#!/usr/bin/env python3
"""Draws what a command prints in a terminal as an SVG: the pictures of the README are made so.

usage: tools/term2svg.py [--columns N] [--prompt TEXT] [--lines N] OUT.svg COMMAND [ARGUMENT]...

The command runs in a pseudo-terminal; of the escape sequences only colours are understood, which is all that assay
writes there. With --lines, only so many lines are drawn.
"""

import argparse
import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import termios

CELL, LINE, SIZE, MARGIN = 8.4, 19, 14, 16
BACKGROUND, FOREGROUND, DIM = "#15191e", "#dfe3e8", "#8b949e"
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff"}
SEQUENCE = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])")


def run(command, columns):
    """What the command writes to a terminal of that width."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment, close_fds=True)
    os.close(slave)
    output = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # EIO: the other end is closed
            break
        if not piece:
            break
        output += piece
    process.wait()
    return output.decode().replace("\r\n", "\n")


def runs_of(line, style):
    """Pieces of one style: (column, text, style); and the style at the end."""
    runs, column, at = [], 0, 0
    for match in [*SEQUENCE.finditer(line), None]:
        text = line[at : match.start() if match else len(line)]
        if text:
            runs.append((column, text, dict(style)))
            column += len(text)
        if match:
            at = match.end()
            for code in [int(c or 0) for c in match[1].split(";")] if match[2] == "m" else []:
                if code == 0:
                    style = {}
                elif code in (1, 2):
                    style = {**style, "bold" if code == 1 else "dim": True}
                elif code in COLOURS:
                    style = {**style, "fill": COLOURS[code]}
    return runs, style


def draw(lines, columns):
    width, height = columns * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f'<rect width="100%" height="100%" rx="8" fill="{BACKGROUND}"/>',
        f'<g font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="{SIZE}" '
        f'fill="{FOREGROUND}" xml:space="preserve">',
    ]
    style = {}
    for row, line in enumerate(lines):
        runs, style = runs_of(line, style)
        for column, text, look in runs:
            stripped = text.strip(" ")
            if not stripped:
                continue
            column += len(text) - len(text.lstrip(" "))
            fill = look.get("fill") or (DIM if look.get("dim") else None)
            attributes = (f' fill="{fill}"' if fill else "") + (' font-weight="bold"' if look.get("bold") else "")
            out.append(
                f'<text x="{MARGIN + column * CELL:.1f}" y="{MARGIN + row * LINE + SIZE}" '
                f'textLength="{len(stripped) * CELL:.1f}" lengthAdjust="spacingAndGlyphs"{attributes}>'
                f"{html.escape(stripped, quote=False)}</text>"
            )
    return "\n".join([*out, "</g>", "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--columns", type=int, default=80)
    parser.add_argument("--prompt", help="what is shown as typed; else the command")
    parser.add_argument("--lines", type=int)
    parser.add_argument("out")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    o = parser.parse_args()
    if not o.command:
        parser.error("no command")
    text = run(o.command, o.columns).rstrip("\n").split("\n")
    typed = f"\x1b[2m$\x1b[0m {o.prompt or ' '.join(o.command)}"
    lines = [typed, *text][: (o.lines or len(text)) + 1]
    with open(o.out, "w", encoding="utf-8") as to:
        to.write(draw(lines, o.columns))
    return 0


if __name__ == "__main__":
    sys.exit(main())
