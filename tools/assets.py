"""Writes the typeface and the icons into static/vendor while installing.

Run it by `make assets`. What it reads comes from the packages fontpkg-inter (OFL-1.1) and lucide
(ISC, MIT); their licences are written beside the files. Without the network, and without Django.
"""

from __future__ import annotations

import importlib.util
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

CHECKOUT = Path(__file__).resolve().parent.parent
VENDOR = CHECKOUT / "static" / "vendor"
NAMES = CHECKOUT / "static" / "icons.txt"

# Ranges as in the stylesheet's @font-face rules, so that a page loads only the letters it shows.
LATIN = (
    "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,"
    "U+2000-206F,U+20AC,U+2122,U+2190-2193,U+2212,U+2215,U+2260,U+2264-2265,U+FEFF,U+FFFD"
)
LATIN_EXT = (
    "U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,"
    "U+1E00-1E9F,U+1EF2-1EFF,U+2020,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF"
)
FEATURES = ["calt", "ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum", "zero", "case", "ss03"]
WEIGHTS = (400, 700)


def folder_of(package: str) -> Path:
    """Where an installed package lies."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        sys.exit(f"{package} is not installed: run make setup.")
    return Path(found.origin).parent


def write_font(source: Path, target: Path, letters: str) -> None:
    """One variable web font of the weights in use, cut down to the given letters."""
    font = TTFont(source)
    options = subset.Options(flavor="woff2", layout_features=FEATURES, hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=subset.parse_unicodes(letters.replace("U+", "")))
    cutter.subset(font)
    instancer.instantiateVariableFont(font, {"opsz": 14, "wght": WEIGHTS}, inplace=True)
    subset.save_font(font, target, options)


def icons_in_use(text: str) -> dict[str, str]:
    """Our name of each icon with Lucide's, which is the same when a line has one word."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    return {words[0]: words[-1] for words in sorted(lines)}


def sprite(icons: dict[str, str], archive: zipfile.ZipFile) -> str:
    """One SVG file that holds each icon as a symbol under our name."""
    known = set(archive.namelist())
    if unknown := [name for name in icons.values() if f"{name}.svg" not in known]:
        sys.exit(f"{NAMES} names icons that Lucide does not have: {', '.join(unknown)}.")
    symbols = [
        f'<symbol id="i-{ours}" viewBox="0 0 24 24">{shapes(archive, theirs)}</symbol>'
        for ours, theirs in icons.items()
    ]
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def shapes(archive: zipfile.ZipFile, name: str) -> str:
    """What an icon draws, without the frame that says how: that is in the stylesheet."""
    drawing = archive.read(f"{name}.svg").decode()
    inside = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    return "".join(line.strip() for line in inside.splitlines())


def write_licence(distribution: str, target: Path) -> None:
    """The licence that came with a package."""
    files = metadata.files(distribution) or []
    licence = next(file for file in files if file.name == "LICENSE")
    shutil.copyfile(str(licence.locate()), target)


def main() -> None:
    """Write everything anew."""
    VENDOR.mkdir(parents=True, exist_ok=True)
    inter = folder_of("fontpkg_inter") / "files" / "Inter[opsz,wght].ttf"
    write_font(inter, VENDOR / "inter-latin.woff2", LATIN)
    write_font(inter, VENDOR / "inter-latin-ext.woff2", LATIN_EXT)
    icons = icons_in_use(NAMES.read_text())
    with zipfile.ZipFile(folder_of("lucide") / "lucide.zip") as archive:
        (VENDOR / "icons.svg").write_text(sprite(icons, archive))
    write_licence("fontpkg-inter", VENDOR / "inter.LICENSE")
    write_licence("lucide", VENDOR / "lucide.LICENSE")


if __name__ == "__main__":
    main()
