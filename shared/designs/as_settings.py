"""What a design means as settings: so the same steps find its artwork and gather its facts."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from shared.designs.document import DesignDocument, canonical_text
from shared.designs.elements import AgeElement, AgeSystem, LogoElement, QualityElement
from shared.designs.facts_used import chips_of, sash_words_of, sites_of, uses_awards
from shared.designs.plain import ART, settings_without_design
from shared.domain.pictures import Format
from shared.settings.model import DEFAULT_ORDER, AgeRating, Heading, Settings
from shared.settings.parameters import FIELDS, normalize

FROM_ADDRESS: Final = ("size", "quality", "art_file", "region")
"""The fields that a design leaves to the address and to the settings below it."""

_AGES: Final = {AgeSystem.OFFICIAL: AgeRating.OFFICIAL, AgeSystem.COMMONSENSE: AgeRating.COMMONSENSE}


def design_settings(design: DesignDocument, fmt: Format, chosen: Mapping[str, Any]) -> Settings:
    """Return the settings of a design in a format; ``chosen`` has values by field, of which a few count.

    Those are ``FROM_ADDRESS``, and quality only where the design has a place for it. The other fields say what the
    design needs, also where a kind has no such parameter: ``ratings`` are all sites that its elements and conditions
    use, ``sash`` and ``chips`` what its texts and conditions speak about. How it looks is in ``design`` alone. A design
    that parameters can say has the settings of those, and no ``design``.
    """
    from_address = [name for name in FROM_ADDRESS if name in chosen and name in FIELDS[design.kind]]
    values: dict[str, Any] = {name: chosen[name] for name in from_address}
    if not _has(design, QualityElement):
        values.pop("quality", None)
    if (plain := settings_without_design(design, fmt, values)) is not None:
        return plain
    values |= {field: getattr(design.art, name) for name, field in ART.items() if field in FIELDS[design.kind]}
    sites = sites_of(design)
    values |= {
        "order": sites,
        "exclude": tuple(site for site in DEFAULT_ORDER if site not in sites),
        "limit": len(sites),
        "awards": uses_awards(design),
        "sash": sash_words_of(design),
        "age_rating": _age_rating(design),
        "chips": chips_of(design),
        "title": Heading.LOGO if _has(design, LogoElement) else Heading.NONE,
    }
    return msgspec.structs.replace(normalize(design.kind, fmt, values), design=canonical_text(design))


def _age_rating(design: DesignDocument) -> AgeRating:
    """Return whose age rating a design shows; of both, the official one, which has the other as well."""
    systems = {element.system for element in design.elements if isinstance(element, AgeElement)}
    return next((_AGES[system] for system in AgeSystem if system in systems), AgeRating.NONE)


def _has(design: DesignDocument, kind: type[msgspec.Struct]) -> bool:
    return any(isinstance(element, kind) for element in design.elements)
