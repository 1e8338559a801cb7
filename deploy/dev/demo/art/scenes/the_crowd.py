"""A thousand hats, and one man in another colour."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet

# Where in the crowd he stands: row and place.
_THE_ONE = (4, 1)


def _draw(s: Sheet) -> None:
    slate, deep, cream, mustard, black, steel = "#33485a", "#1d2a37", "#efe4ca", "#e9a92e", "#12161c", "#5f7a8c"
    s.flood(slate)
    s.poly(((500, 360), (-900, 1700), (1900, 1700)), deep)
    # The office tower, seen from the street: a wall of windows that runs to a point.
    for row in range(20):
        far, near = 1 - row / 20, 1 - (row + 0.62) / 20
        for k in range(-13, 13):
            y0, y1 = 420 + 620 * far**1.5, 420 + 620 * near**1.5
            w0, w1 = 34 + 76 * far**1.5, 34 + 76 * near**1.5
            lit = (row * 7 + k * 11) % 9 == 0
            s.poly(
                (
                    (500 + k * w1 + w1 * 0.18, y1),
                    (500 + (k + 1) * w1 - w1 * 0.18, y1),
                    (500 + (k + 1) * w0 - w0 * 0.18, y0),
                    (500 + k * w0 + w0 * 0.18, y0),
                ),
                mustard if lit else steel,
                0.9 if lit else 0.75,
            )
    # Row upon row of hats, and one man who looks the other way.
    for row in range(8):
        t = row / 7
        y, size = 850 + 40 * row + 6 * row * row, 0.36 + 0.74 * t
        step = 190 * size
        fill = ("#6f8796", "#62798a", "#556c7d", "#485e70", "#3b5062", "#2e4254", "#223443", black)[row]
        count = int(1300 / step) + 2
        for k in range(-count, count + 1):
            x = 500 + (k + (0.5 if row % 2 else 0)) * step
            one = (row, k) == _THE_ONE
            _clerk(s, x, y, size, mustard if one else fill, cream if one else "")


def _clerk(s: Sheet, x: float, y: float, size: float, fill: str, face: str) -> None:
    with s.placed(f"translate({x:.1f} {y:.1f}) scale({size:.3f})"):
        s.path("M-92 190 C-92 90 -60 62 -26 52 L26 52 C60 62 92 90 92 190 L92 420 L-92 420 Z", fill)
        s.ellipse(0, 6, 38, 48, face or fill)
        s.path("M-74 -12 Q0 12 74 -12 L74 -22 Q50 -28 46 -34 L40 -78 Q0 -94 -40 -78 L-46 -34 Q-50 -28 -74 -22 Z", fill)
        if face:
            s.rect(-46, -42, 92, 12, "#12161c")
            s.line("M-20 6 L-8 6 M8 6 L20 6", "#12161c", 5)
            s.line("M-12 32 Q0 26 12 32", "#12161c", 4)
            s.poly(((-14, 54), (14, 54), (0, 130)), face)


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.16, light=0.16, gap=0.1),
        ink="#e9a92e",
        lines={"en": (("THE", 60), ("CROWD", 180))},
        logo_ink="#e9a92e",
        top=60,
    ),
    window=(-300, 560, 1600),
    tones=("#10161e", "#f0dfb6"),
)
