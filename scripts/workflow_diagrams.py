"""Draw the state machines of `workflows/` into `docs/workflows/`, as Mermaid in Markdown.

python scripts/workflow_diagrams.py [--check]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cordee.care.workflow.machines import Machine, State, machines

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "workflows"
PARTIES = {
    "owner": "destinataire", "requester": "demandeur", "system": "plateforme", "anyone": "tous",
}  # fmt: skip


def main() -> int:
    """Write the pages, or check that they are current."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only say whether they are current")
    check = parser.parse_args().check
    pages = drawn_pages()
    stale = [
        name
        for name, text in pages.items()
        if not (FOLDER / name).exists() or (FOLDER / name).read_text(encoding="utf-8") != text
    ]
    gone = [one for one in FOLDER.glob("*.md") if one.name not in pages]
    if check:
        return 1 if stale or gone else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in stale:
        (FOLDER / name).write_text(pages[name], encoding="utf-8")
    for one in gone:
        one.unlink()
    print(f"{len(pages)} pages in docs/workflows.")
    return 0


def drawn_pages() -> dict[str, str]:
    """Each page by its name, the list of them too."""
    pages = {f"{code}.md": page(machine) for code, machine in machines().items()}
    rows = "\n".join(
        f"| [{machine.title}]({code}.md) | `{code}` | {', '.join(machine.source)} | "
        f"{len(machine.states)} | {len(machine.moves)} |"
        for code, machine in machines().items()
    )
    head = "| machine | code | requirements | states | moves |\n|---|---|---|---|---|\n"
    pages["README.md"] = (
        "# State machines\n\nDrawn by `make docs` from `workflows/*.toml`, which the code "
        f"enforces. Do not edit.\n\n{head}{rows}\n"
    )
    return pages


def page(machine: Machine) -> str:
    """The diagram of a machine, what each move needs and what is due in each state."""
    lines = [f"# {machine.title}", "", f"`{machine.code}`; {', '.join(machine.source)}.", ""]
    lines += ["```mermaid", "stateDiagram-v2", f"    [*] --> {_id(machine.start.state)}"]
    lines += [f"    {_id(code)}: {state.label}" for code, state in machine.states.items()]
    for move in machine.moves:
        lines += [f"    {_id(one)} --> {_id(move.to)}: {move.label}" for one in move.source]
    lines += [f"    {_id(one)} --> [*]" for one in machine.states if machine.is_final(one)]
    lines += ["```", "", "| geste | par | demande |", "|---|---|---|"]
    for move in machine.moves:
        needs = [machine.facts[one].label for one in move.needs]
        needs += ["un motif"] if move.reasons else []
        who = ", ".join(PARTIES[one] for one in move.by)
        lines.append(f"| {move.label} | {who} | {', '.join(needs) or '-'} |")
    lines += ["", "| état | Task.status | à qui d’agir | échéances |", "|---|---|---|---|"]
    lines += [_state_row(state) for state in machine.states.values()]
    if machine.wins:
        won = machine.states[machine.wins].label
        lines += ["", f"D’un même lot, une seule demande devient « {won} »."]
    return "\n".join(lines) + "\n"


def _state_row(state: State) -> str:
    clocks = "; ".join(f"{one.label} : {one.within}" for one in state.clocks) or "-"
    turn = {"owner": "destinataire", "requester": "demandeur", "nobody": "-", "rest": "-"}[
        state.turn
    ]
    return f"| {state.label} | {state.status} | {turn} | {clocks} |"


def _id(state: str) -> str:
    return state.replace("-", "_")


if __name__ == "__main__":
    sys.exit(main())
