"""Netlists written by hand, in the form that yosys writes."""

from __future__ import annotations

from typing import Any


def design(top: str, ports: dict[str, tuple[str, list[Any]]], cells: list[tuple[str, str, dict[str, Any]]], library):
    """Return a design of one module. ports: direction and bits by name; cells: label, type and bit by pin"""
    return {
        "modules": {
            top: {
                "attributes": {},
                "ports": {name: {"direction": way, "bits": bits} for name, (way, bits) in ports.items()},
                "cells": {
                    label: {
                        "type": kind,
                        "connections": {pin: [bit] for pin, bit in pins.items()},
                        "port_directions": {pin: library.cells[kind].pins[pin].direction for pin in pins},
                    }
                    for label, kind, pins in cells
                },
            }
        }
    }


def inverters(count: int, library, cell: str = "INV_X1"):
    """Return a chain of inverters from `a` to `z`."""
    cells = [(f"i{k}", cell, {"A": 2 + k, "ZN": 3 + k}) for k in range(count)]
    return design("chain", {"a": ("input", [2]), "z": ("output", [2 + count])}, cells, library)
