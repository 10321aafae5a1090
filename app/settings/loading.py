"""Reads the configuration of a process, the way Spring Boot does, and checks it whole."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.settings.arguments import read_arguments
from app.settings.catalogue import Catalogue
from app.settings.config_tree import read_config_tree
from app.settings.entries import Entry, Layers, Origin
from app.settings.environment import read_environment
from app.settings.faults import Fault, UnusableSettings
from app.settings.files import layers_for, misplaced, read_plain, read_profiles
from app.settings.json_text import VARIABLE, read_json
from app.settings.model import Settings
from app.settings.names import later_name, uniform
from app.settings.placeholders import Names, UnresolvedPlaceholder, resolved, unresolved
from app.settings.places import Place, declared_places, default_places
from app.settings.profiles import DEFAULT_PROFILES
from app.settings.validation import resolved_values, unknown_keys, validated

_PROJECT_CONFIG = Path(__file__).resolve().parents[2] / "config"
_JSON_ARGUMENT = uniform("spring.application.json")


@dataclass(frozen=True, kw_only=True)
class _Inputs:
    argv: Sequence[str]
    environ: Mapping[str, str]
    cwd: Path
    catalogue: Catalogue


@dataclass(frozen=True, kw_only=True)
class _Gathered:
    """What has been read so far: each step takes one and returns the next."""

    layers: Layers = field(default_factory=Layers)
    places: tuple[Place, ...] = ()
    faults: tuple[Fault, ...] = ()
    notices: tuple[str, ...] = ()


def load_settings(
    argv: Sequence[str] = (), *, environ: Mapping[str, str] = os.environ, cwd: Path | None = None
) -> Settings:
    """The settings of this process, from defaults, files, environment and `argv` (`--key=value`).

    `argv` is without the program's name. Files are looked for from `cwd`, the working folder if None.
    Raises UnusableSettings with all faults at once.
    """
    catalogue = Catalogue.of(Settings)
    inputs = _Inputs(argv=argv, environ=environ, cwd=cwd or Path.cwd(), catalogue=catalogue)
    gathered = _Gathered()
    for step in (_read_outside, _find_places, _read_files, _read_tree):
        gathered = step(gathered, inputs)
    return _settings_of(gathered, inputs)


def _read_outside(gathered: _Gathered, inputs: _Inputs) -> _Gathered:
    """The environment, SPRING_APPLICATION_JSON and the arguments."""
    environment = read_environment(inputs.environ, catalogue=inputs.catalogue)
    arguments = read_arguments(inputs.argv)
    layer = dict(arguments.layer)
    argument = layer.pop(_JSON_ARGUMENT, None)
    variable = Origin(place=f"environment variable {VARIABLE}")
    readings = [environment, read_json(inputs.environ.get(VARIABLE, ""), origin=variable)]
    if argument is not None:
        readings.append(read_json(argument.text, origin=argument.origin))
    return replace(
        gathered,
        layers=Layers(
            environment=environment.layer, high=(*(reading.layer for reading in readings[1:]), layer)
        ),
        faults=tuple(fault for reading in (*readings, arguments) for fault in reading.faults),
    )


def _find_places(gathered: _Gathered, inputs: _Inputs) -> _Gathered:
    found: list[Place | Fault] = []
    replaced, faults = _listed("spring.config.location", gathered, inputs)
    added, more_faults = _listed("spring.config.additional-location", gathered, inputs)
    if replaced is None:
        found.extend(default_places(inputs.cwd, fallback=_PROJECT_CONFIG))
    for declared in (replaced, added):
        if declared is not None:
            found.extend(declared_places(declared, cwd=inputs.cwd))
    return replace(
        gathered,
        places=tuple(each for each in found if isinstance(each, Place)),
        faults=(
            *gathered.faults,
            *faults,
            *more_faults,
            *(each for each in found if isinstance(each, Fault)),
        ),
    )


def _read_files(gathered: _Gathered, inputs: _Inputs) -> _Gathered:
    plain = read_plain(gathered.places, cwd=inputs.cwd)
    always = tuple(document.layer for document in plain.documents if document.condition is None)
    seen = replace(gathered, layers=replace(gathered.layers, low=always))
    declared, faults = _listed("spring.profiles.active", seen, inputs)
    active = tuple(declared.value) if declared is not None and declared.text else DEFAULT_PROFILES
    special = read_profiles(gathered.places, profiles=active, cwd=inputs.cwd)
    layers, bad_conditions = layers_for((*plain.documents, *special.documents), active=active)
    return replace(
        gathered,
        layers=replace(gathered.layers, low=layers),
        faults=(
            *gathered.faults,
            *plain.faults,
            *special.faults,
            *faults,
            *bad_conditions,
            *misplaced(plain.documents, special.documents, catalogue=inputs.catalogue),
        ),
        notices=(*plain.notices, *special.notices),
    )


def _read_tree(gathered: _Gathered, inputs: _Inputs) -> _Gathered:
    declared, faults = _listed("fanfold.config.tree", gathered, inputs)
    if declared is None or not declared.text:
        return replace(gathered, faults=(*gathered.faults, *faults))
    tree = read_config_tree(declared, cwd=inputs.cwd)
    return replace(
        gathered,
        layers=replace(gathered.layers, low=(*gathered.layers.low, tree.layer)),
        faults=(*gathered.faults, *faults, *tree.faults),
    )


def _settings_of(gathered: _Gathered, inputs: _Inputs) -> Settings:
    found, unresolvable = resolved_values(
        gathered.layers, catalogue=inputs.catalogue, names=_names(gathered, inputs)
    )
    settings, faults = validated(found, catalogue=inputs.catalogue)
    unknown = unknown_keys(gathered.layers, catalogue=inputs.catalogue)
    if everything := (*gathered.faults, *unknown, *unresolvable, *faults):
        # A key that also says where files are is looked at twice, and a fault of it is told once.
        raise UnusableSettings(dict.fromkeys(everything))
    later = _later_names(each.entry for each in found.values())
    return settings.with_notices((*gathered.notices, *later))


def _listed(name: str, gathered: _Gathered, inputs: _Inputs) -> tuple[Entry | None, tuple[Fault, ...]]:
    """What was written for `name`, resolved and split at commas."""
    entry = gathered.layers.effective().get(uniform(name))
    if entry is None:
        return None, ()
    try:
        value = resolved(entry, names=_names(gathered, inputs))
    except UnresolvedPlaceholder as error:
        return None, (unresolved(entry, error),)
    parts = value.split(",") if isinstance(value, str) else value
    return replace(entry, value=tuple(part.strip() for part in parts if part.strip())), ()


def _names(gathered: _Gathered, inputs: _Inputs) -> Names:
    return Names(layers=gathered.layers, environ=inputs.environ, catalogue=inputs.catalogue)


def _later_names(entries: Iterator[Entry]) -> Iterator[str]:
    for entry in entries:
        if (ours := later_name(entry.key)) is not None:
            yield f"{entry.key} ({entry.origin}) is taken as {ours}"
