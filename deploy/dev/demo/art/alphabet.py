"""The letters: an art-deco alphabet drawn with strokes in a box of one by one, the top left corner at 0, 0.

A stroke is a role and a path. Roles: ``s`` heavy, ``c`` heavy curve, ``m`` between, ``h`` light, ``d`` heavy diagonal,
``e`` light diagonal, ``a`` accent, ``p`` point. Paths: ``M x y`` go to, ``L x y`` line to, ``H x y`` and ``V x y`` a
quarter of an ellipse that leaves level or upright.
"""

from typing import NamedTuple


class Glyph(NamedTuple):
    """A letter: how wide it is for its height, and its strokes."""

    width: float
    strokes: tuple[tuple[str, str], ...]


_C = (("c", "M.5 0 H0 .5 V.5 1"), ("h", "M.48 0 L.5 0 H.98 .27"), ("h", "M.48 1 L.5 1 H.98 .73"))
_O = (("c", "M.5 0 H0 .5 V.5 1"), ("h", "M.48 0 L.5 0 H1 .5 V.5 1 L.48 1"))
_P_BOWL = ("h", "M0 0 L.5 0 H1 .28 V.5 .56 L0 .56")
_STEM = ("s", "M0 0 L0 1")
_E = (_STEM, ("h", "M0 0 L1 0"), ("h", "M0 .47 L.82 .47"), ("h", "M0 1 L1 1"))
_A = (("e", "M0 1 L.5 0"), ("d", "M.5 0 L1 1"), ("h", "M.24 .68 L.76 .68"))
_H = (_STEM, ("h", "M1 0 L1 1"), ("h", "M0 .47 L1 .47"))
_K = (_STEM, ("e", "M.05 .6 L1 0"), ("d", "M.3 .4 L1 1"))
_U = (("s", "M0 0 L0 .58"), ("c", "M0 .56 L0 .58 V.5 1"), ("h", "M1 0 L1 .58 V.5 1 L.48 1"))
_S = (("m", "M.94 .2 V.5 0 H.05 .25 V.5 .48 H1 .74 V.5 1 H0 .79"),)

ALPHABET: dict[str, Glyph] = {
    "A": Glyph(0.84, _A),
    "B": Glyph(
        0.62, (_STEM, ("h", "M0 0 L.45 0 H.92 .235 V.45 .47 L0 .47"), ("h", "M.2 .47 L.5 .47 H1 .735 V.5 1 L0 1"))
    ),
    "C": Glyph(0.76, _C),
    "D": Glyph(0.76, (_STEM, ("h", "M0 0 L.3 0 H1 .5 V.3 1 L0 1"))),
    "E": Glyph(0.54, _E),
    "F": Glyph(0.52, (_STEM, ("h", "M0 0 L1 0"), ("h", "M0 .47 L.82 .47"))),
    "G": Glyph(0.82, (*_C, ("h", "M.98 .73 L.98 .55 L.6 .55"))),
    "H": Glyph(0.74, _H),
    "I": Glyph(0.0, (("s", "M.5 0 L.5 1"),)),
    "J": Glyph(0.46, (("s", "M1 0 L1 .7 V.5 1 H0 .76"),)),
    "K": Glyph(0.7, _K),
    "L": Glyph(0.5, (_STEM, ("h", "M0 1 L1 1"))),
    "M": Glyph(0.92, (("h", "M0 0 L0 1"), ("d", "M0 0 L.5 .8"), ("e", "M.5 .8 L1 0"), ("s", "M1 0 L1 1"))),
    "N": Glyph(0.76, (("h", "M0 0 L0 1"), ("d", "M0 0 L1 1"), ("h", "M1 0 L1 1"))),
    "O": Glyph(0.9, _O),
    "P": Glyph(0.6, (_STEM, _P_BOWL)),
    "Q": Glyph(0.9, (*_O, ("d", "M.6 .72 L1 1.06"))),
    "R": Glyph(0.64, (_STEM, _P_BOWL, ("d", "M.4 .56 L1 1"))),
    "S": Glyph(0.6, _S),
    "T": Glyph(0.66, (("h", "M0 0 L1 0"), ("s", "M.5 0 L.5 1"))),
    "U": Glyph(0.74, _U),
    "V": Glyph(0.82, (("d", "M0 0 L.5 1"), ("e", "M.5 1 L1 0"))),
    "W": Glyph(1.18, (("d", "M0 0 L.27 1"), ("e", "M.27 1 L.5 .08"), ("d", "M.5 .08 L.73 1"), ("e", "M.73 1 L1 0"))),
    "X": Glyph(0.76, (("d", "M0 0 L1 1"), ("e", "M1 0 L0 1"))),
    "Y": Glyph(0.76, (("d", "M0 0 L.5 .54"), ("e", "M1 0 L.5 .54"), ("s", "M.5 .5 L.5 1"))),
    "Z": Glyph(0.66, (("h", "M0 0 L1 0"), ("d", "M1 0 L0 1"), ("h", "M0 1 L1 1"))),
    "0": Glyph(0.62, _O),
    "1": Glyph(0.24, (("s", "M1 0 L1 1"), ("h", "M0 .0 L1 .0"))),
    "2": Glyph(0.58, (("m", "M0 .27 V.5 0 H1 .27"), ("e", "M1 .26 L0 1"), ("h", "M0 1 L1 1"))),
    "3": Glyph(0.56, (("m", "M0 .2 V.5 0 H.95 .24 V.45 .47"), ("m", "M.4 .47 L.5 .47 H1 .73 V.5 1 H0 .8"))),
    "4": Glyph(0.62, (("e", "M.74 0 L0 .72"), ("h", "M0 .72 L1 .72"), ("s", "M.76 0 L.76 1"))),
    "5": Glyph(0.56, (("h", "M.95 0 L.1 0"), ("h", "M.1 0 L.1 .42"), ("m", "M.1 .42 L.45 .42 H1 .71 V.5 1 H0 .82"))),
    "6": Glyph(0.6, (("s", "M.8 0 H0 .62"), ("m", "M.5 .4 H1 .7 V.5 1 H0 .7 V.5 .4"))),
    "7": Glyph(0.56, (("h", "M0 0 L1 0"), ("d", "M1 0 L.3 1"))),
    "8": Glyph(
        0.58, (("m", "M.5 0 H.92 .235 V.5 .47 H.08 .235 V.5 0"), ("m", "M.5 .47 H1 .735 V.5 1 H0 .735 V.5 .47"))
    ),
    "9": Glyph(0.6, (("m", "M.5 0 H1 .3 V.5 .6 H0 .3 V.5 0"), ("s", "M1 .3 V.2 1"))),
    ".": Glyph(0.0, (("p", "M.5 1 L.5 1"),)),
    "·": Glyph(0.0, (("p", "M.5 .5 L.5 .5"),)),
    ":": Glyph(0.0, (("p", "M.5 .3 L.5 .3"), ("p", "M.5 .9 L.5 .9"))),
    "!": Glyph(0.0, (("s", "M.5 0 L.5 .66"), ("p", "M.5 1 L.5 1"))),
    "'": Glyph(0.0, (("h", "M.5 0 L.5 .2"),)),
    "-": Glyph(0.3, (("h", "M0 .5 L1 .5"),)),
    " ": Glyph(0.3, ()),
    # Cyrillic letters that Latin does not have.
    "Б": Glyph(0.62, (_STEM, ("h", "M0 0 L.9 0"), ("h", "M0 .44 L.5 .44 H1 .72 V.5 1 L0 1"))),
    "И": Glyph(0.76, (("h", "M0 0 L0 1"), ("d", "M1 0 L0 1"), ("h", "M1 0 L1 1"))),
    "Л": Glyph(0.78, (("e", "M.42 0 L0 1"), ("h", "M.42 0 L1 0"), ("s", "M1 0 L1 1"))),
    "П": Glyph(0.74, (_STEM, ("h", "M0 0 L1 0"), ("h", "M1 0 L1 1"))),
    "Ц": Glyph(0.8, (_STEM, ("h", "M0 1 L1.06 1"), ("h", "M.9 0 L.9 1"), ("h", "M1.06 1 L1.06 1.14"))),
    "Ч": Glyph(0.66, (("h", "M0 0 L0 .3 V.4 .55 L1 .55"), ("s", "M1 0 L1 1"))),
}
ALPHABET |= {cyrillic: ALPHABET[latin] for cyrillic, latin in zip("АВЕКМНОРСТХ", "ABEKMHOPCTX", strict=True)}

_ACUTE = ("a", "M.42 -.14 L.66 -.3")
_GRAVE = ("a", "M.58 -.14 L.34 -.3")
_DOTS = (("p", "M.26 -.2 L.26 -.2"), ("p", "M.74 -.2 L.74 -.2"))
_HAT = (("a", "M.28 -.14 L.5 -.28 L.72 -.14"),)
_TILDE = (("a", "M.24 -.16 L.42 -.24 L.58 -.16 L.76 -.24"),)
_MARKS = {"É": ("E", (_ACUTE,)), "È": ("E", (_GRAVE,)), "Ä": ("A", _DOTS), "Ü": ("U", _DOTS), "Ö": ("O", _DOTS)}
_MARKS |= {"Í": ("I", (("a", "M.3 -.14 L2.2 -.32"),)), "Ô": ("O", _HAT), "Ñ": ("N", _TILDE), "Ё": ("E", _DOTS)}
ALPHABET |= {
    marked: Glyph(ALPHABET[plain].width, ALPHABET[plain].strokes + marks) for marked, (plain, marks) in _MARKS.items()
}
