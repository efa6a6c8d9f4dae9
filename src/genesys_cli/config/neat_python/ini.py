"""The file of a neat-python configuration: sections, keys and texts, read by the parser that neat-python takes."""

from __future__ import annotations

import configparser
import io
from pathlib import Path
from typing import NamedTuple

from ...errors import UserError, cut, nearest, one_line
from ..presets import read_text
from .keys import SECTIONS

ENDINGS = (".ini", ".cfg", ".conf", ".config", ".txt", ".toml")  # that a preset's name goes without

_SPIKING = "IZGenome"


class Ini(NamedTuple):
    """A configuration as its file has it. sections: for each of neat-python's sections its keys, with their texts"""

    path: Path
    sections: dict[str, dict[str, str]]

    @property
    def preset_name(self) -> str:
        """The name of the preset's file where nobody gives one."""
        name = self.path.name
        return f"{self.path.stem if self.path.suffix.lower() in ENDINGS else name}.toml"


def read_ini(path: Path) -> Ini:
    """Return what a file has in neat-python's sections; raises :class:`UserError` where it is no such configuration."""
    text = _text(path)
    parser = configparser.ConfigParser()
    try:
        parser.read_file(io.StringIO(text, newline=None))
    except configparser.Error as error:
        raise UserError(f"{path} is no configuration of neat-python: {_why(error)}") from None
    if wrong := _wrong_sections(parser):
        raise UserError(f"{path} is no configuration that can be imported: {'; '.join(wrong)}")
    try:
        return Ini(path, {section: dict(parser.items(section)) for section in SECTIONS})
    except configparser.InterpolationError as error:
        raise UserError(
            f"{path}: [{_short(error.section)}] {_short(error.option)} cannot be read: % begins a reference to another "
            "key, such as %(pop_size)s; write %% for the sign itself"
        ) from None


def _text(path: Path) -> str:
    if path.is_dir():
        raise UserError(f"{path} is a folder; give the file with neat-python's configuration")
    if not path.exists():
        raise UserError(f"there is no file {str(path)!r}; give the file with neat-python's configuration")
    if not path.is_file():
        raise UserError(f"{path} is a device or a pipe; give the file with neat-python's configuration")
    try:
        return read_text(path)
    except UnicodeDecodeError as error:
        why = f" ({error.reason})" if "UTF-16" in error.reason else ""
        raise UserError(f"{path} is no configuration of neat-python: it is not text in UTF-8{why}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def _why(error: configparser.Error) -> str:
    """Return what is wrong with a file, with its line."""
    if isinstance(error, configparser.DuplicateOptionError):
        return f"line {error.lineno} gives {_short(error.option)} of [{_short(error.section)}] a second time"
    if isinstance(error, configparser.DuplicateSectionError):
        return f"line {error.lineno} begins [{_short(error.section)}] a second time"
    if isinstance(error, configparser.MissingSectionHeaderError):
        return f"line {error.lineno} stands in no section, such as [NEAT]: {_shown(str(error.line))}"
    if isinstance(error, configparser.ParsingError) and error.errors:
        line, text = error.errors[0]
        return f"line {line} is neither a section, such as [NEAT], nor KEY = VALUE: {_shown(text)}"
    return one_line(error)


def _shown(line: str) -> str:
    """Return a line of a file, or what Python shows of it, as part of a message."""
    return _short(line.strip("'\" \t\r\n").replace("\\n", ""))


def _short(name: str) -> str:
    return cut(one_line(name))


def _wrong_sections(parser: configparser.ConfigParser) -> list[str]:
    """Return what is wrong with the sections that there are and that there are not, a sentence each."""
    wrong = []
    if parser.defaults():
        wrong.append(
            f"[{parser.default_section}] gives its keys to all sections, which neat-python refuses; take it out"
        )
    missing = [section for section in SECTIONS if not parser.has_section(section)]
    if len(missing) == len(SECTIONS):
        return [f"it has none of neat-python's sections, {', '.join(f'[{section}]' for section in SECTIONS)}"]
    for section in parser.sections():
        if section in SECTIONS:
            continue
        own = next((name for name in missing if _kind(section) == _kind(name)), None)
        if section == _SPIKING and own:
            wrong.append(f"[{section}] describes spiking networks, and there are none here")
        elif own:
            wrong.append(f"[{_short(section)}] is of a class of your own; where it has the keys of [{own}], call it so")
        else:
            meant = nearest(section, missing)
            wrong.append(f"[{_short(section)}] is none of neat-python's sections{meant or '; take it out'}")
            missing = [name for name in missing if f"{name!r}" not in meant]
            continue
        missing.remove(own)
    wrong += [f"there is no section [{section}]" for section in missing]
    return wrong


def _kind(section: str) -> str:
    """Return the part of a class's name that says what it is for; for another name, the name."""
    kinds = ("Genome", "SpeciesSet", "Stagnation", "Reproduction")
    return next((kind for kind in kinds if section.endswith(kind)), section)
