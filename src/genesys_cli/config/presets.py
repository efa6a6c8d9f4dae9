"""The shipped presets: one TOML file an environment, holding only what differs from the defaults."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from ..errors import GenesysError, UserError, nearest
from . import toml

PACKAGE = Path(__file__).resolve().parents[1]
# Tables of a preset, a config.toml, a study.toml or a tuning.toml that tell about the file and set nothing.
ABOUT = ("preset", "written_by", "study", "tuning", "space")


class Preset(NamedTuple):
    """A preset as its file has it.

    name: of the file, without its ending
    reaches: how good its champions were, over how many seeds, in how long; nothing where that is not known
    tables: the unchecked settings, table by table
    """

    name: str
    path: Path
    description: str
    reaches: str
    tables: dict[str, Any]

    @property
    def made_for(self) -> str:
        """The id of its environment; empty where it names none."""
        environment = self.tables.get("environment")
        return str(environment.get("id", "")) if isinstance(environment, dict) else ""


def preset_folder() -> Path:
    """Return where the shipped presets lie: inside the installed package, or beside ``src`` in a source checkout."""
    for folder in (PACKAGE / "presets", PACKAGE.parents[1] / "presets"):
        if any(folder.glob("*.toml")):
            return folder
    raise GenesysError("the shipped presets are missing from this installation: install genesys-cli again")


def preset_names() -> list[str]:
    return sorted((path.stem for path in preset_folder().glob("*.toml")), key=str.lower)


def shipped_champions() -> dict[str, Path]:
    """Return the champion files that are shipped, by the name of what they solve."""
    return {path.stem: path for path in sorted((preset_folder() / "champions").glob("*.json"))}


def find_preset(environment: str) -> Preset | None:
    """Return the preset that is shipped for an environment, or None.

    It is meant by a short name (``cartpole``), by any version of the id that the preset was made for (``CartPole-v0``),
    and by the id with the module that brings it (``ale_py:ALE/Alien-v5``). What other modules and namespaces call by
    the same name (``my_envs:CartPole-v1``) is an environment of its own.
    """
    module, _, wanted = environment.lower().rpartition(":")
    namespace, _, name = wanted.rpartition("/")
    found = {name.lower(): name for name in preset_names()}.get(_without_version(name))
    if found is None:
        return None
    preset = read_preset(found)
    own_namespace, _, own_name = preset.made_for.lower().rpartition("/")
    brings = "ale_py" if own_namespace == "ale" else "gymnasium"
    its_own = (
        _without_version(own_name) == _without_version(name)
        and namespace in ("", own_namespace)
        and module.partition(".")[0] in ("", "gymnasium", brings)
    )
    return preset if its_own else None


def preset_note(environment: str, preset: Preset | None) -> str:
    """Return what is to be said where a preset was taken by itself for another version than its own; else nothing."""
    wanted = environment.lower().rpartition(":")[2]
    if preset is None or wanted == _without_version(wanted):
        return ""
    if wanted.rpartition("/")[2] == preset.made_for.lower().rpartition("/")[2]:
        return ""
    return (
        f"{environment}: the settings are those of the preset {preset.name}, which was made for {preset.made_for}; "
        "give others with --preset or --set where they do not suit"
    )


def preset_with(key: str, value: object) -> Preset | None:
    """Return the first shipped preset that gives a setting, such as ``evaluation.observation_scale``, this value."""
    table, _, name = key.partition(".")
    presets = map(read_preset, preset_names())
    return next((preset for preset in presets if preset.tables.get(table, {}).get(name) == value), None)


def _without_version(name: str) -> str:
    base, dash, version = name.rpartition("-v")
    return base if dash and version.isdigit() else name


def read_preset(name: str | Path) -> Preset:
    """Read a shipped preset, by its name in any case, or a TOML file, by its path.

    Raises :class:`UserError` when there is none, or when it is not TOML.
    """
    _, path = find_file(name, {found: preset_folder() / f"{found}.toml" for found in preset_names()}, "preset")
    document = read_toml(path, "preset")
    about = document.get("preset")
    described = about if isinstance(about, dict) else {}
    description, reaches = (str(described.get(key, "")) for key in ("description", "reaches"))
    tables = {key: value for key, value in document.items() if key not in ABOUT}
    return Preset(path.stem, path, description, reaches, tables)


def find_file(name: str | Path, shipped: Mapping[str, Path], what: str) -> tuple[str | None, Path]:
    """Return the file that is meant by a shipped name, in any case, or by a path; and that name, None for a path.

    shipped: files by name; what: what such a file is, for messages. Raises :class:`UserError` where there is none.
    """
    path = Path(name)
    meant = {known.lower(): known for known in shipped}.get(name.lower()) if isinstance(name, str) else None
    if meant is not None:
        return meant, shipped[meant]
    if path.is_file():
        return None, path
    if path.suffix == ".toml" or len(path.parts) > 1:
        raise UserError(f"there is no {what} file {str(path)!r}")
    names = sorted(shipped, key=str.lower)
    raise UserError(
        f"there is no {what} {str(name)!r}{nearest(str(name), names) or '.'} Give a TOML file or one of: "
        f"{', '.join(names)}."
    )


def read_text(path: Path) -> str:
    """Return a file's text: UTF-8, whatever the locale, with a byte order mark or without.

    Raises OSError, and UnicodeDecodeError, whose reason names the encoding where it can be told.
    """
    data = path.read_bytes()
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnicodeDecodeError("utf-8", data[:2], 0, 2, "it is UTF-16; save it as UTF-8")
    return data.decode("utf-8-sig")


def _hint(text: str) -> str:
    """Return what to add where a document is no TOML because of a function's code."""
    if re.search(r"^\s*fitness\s*=\s*[^\s\"']", text, re.MULTILINE):
        return '; fitness must be the name of a function in a file of yours, such as fitness = "my_fitness:score"'
    return ""


def read_toml(path: Path, what: str) -> dict[str, Any]:
    """Return the document in a file; raises :class:`UserError`, which calls the file a `what` file."""
    text = ""
    try:
        text = read_text(path)
        return toml.parse(text)
    except toml.TOMLDecodeError as error:
        raise UserError(f"the {what} file {str(path)!r} is not valid TOML: {error}{_hint(text)}") from None
    except UnicodeDecodeError as error:
        why = f" ({error.reason})" if "UTF-16" in error.reason else ""
        raise UserError(f"the {what} file {str(path)!r} is not text in UTF-8{why}") from None
    except OSError as error:
        raise UserError(f"the {what} file {str(path)!r} cannot be read: {error.strerror}") from None
