"""A projectionist who steps through the frame: dark in the light, light in the dark."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    ink, navy, cream, amber, plum = "#12131c", "#1e2340", "#f8efd6", "#f0b64a", "#6a2743"
    s.flood(navy)
    s.rect(-600, 380, 2200, 40, plum)
    for k in range(27):
        x = -600.0 + k * 84
        s.path(f"M{x} 420 L{x} 1240 Q{x + 21} 1260 {x + 42} 1240 L{x + 42} 420 Z", plum)
        s.rect(x + 42, 420, 42, 820, "#511b33")
    s.poly(((70, 450), (930, 450), (900, 1110), (100, 1110)), ink)
    s.poly(((100, 478), (900, 478), (874, 1084), (126, 1084)), cream)
    # What is on the screen: a street, a sun, a parting of the ways.
    with s.cut("sj", '<polygon points="100,478 900,478 874,1084 126,1084"/>'):
        s.burst(700, 760, 0, 900, 32, 0.5, "#f2dfb4")
        s.circle(700, 760, 130, amber)
        s.poly(((60, 1100), (60, 640), (210, 560), (210, 1100)), "#d7b98a")
        s.poly(((210, 1100), (210, 620), (330, 690), (330, 1100)), "#b98f63")
        for k in range(3):
            s.rect(96, 690 + k * 110, 40, 60, ink, 0.6)
            s.rect(152, 674 + k * 110, 34, 60, ink, 0.6)
        s.poly(((100, 1100), (560, 900), (640, 900), (900, 1100)), "#c9a06e")
    # The beam from the booth.
    s.poly(((500, 1560), (126, 1084), (874, 1084)), amber, 0.2)
    s.poly(((500, 1560), (300, 1084), (700, 1084)), amber, 0.2)
    s.rect(-600, 1240, 2200, 460, ink)
    s.poly(((500, 1580), (215, 1240), (785, 1240)), amber, 0.22)
    for row, (y, r, step) in enumerate(((1300, 40, 118), (1390, 52, 150))):
        for k in range(-6, 8):
            x = 500 + (k + (0.5 if row else 0)) * step
            s.circle(x, y, r * 0.8, "#23263a" if row == 0 else "#0a0b12")
            s.path(
                f"M{x - r * 1.3} {y + r * 2.6} C{x - r * 1.3} {y + r * 0.9} {x + r * 1.3} {y + r * 0.9} "
                f"{x + r * 1.3} {y + r * 2.6} Z",
                "#23263a" if row == 0 else "#0a0b12",
            )
    # He steps through the frame: a shadow where there is light, light where there is none.
    figure = (
        "M520 1240 L500 1090 L470 960 C430 900 430 800 478 764 L482 740 C452 722 446 676 462 650 "
        "L436 648 L436 634 L470 630 "
        "L474 588 Q520 572 566 588 L570 630 L604 634 L604 648 L578 650 C594 676 588 722 558 740 L562 "
        "764 C610 786 622 840 616 900 "
        "L700 830 L770 780 L790 806 L724 866 L610 970 L596 1000 L640 1080 L700 1240 L640 1240 L560 1100 L566 1240 Z"
    )
    s.path(figure, ink)
    with s.cut("sk", '<rect x="-600" y="1084" width="2200" height="600"/>'):
        s.path(figure, cream)
    s.ring(820, 742, 74, ink, 17)
    s.circle(820, 742, 66, "#ffffff", 0.55)
    s.strokes(((784, 800), (742, 866)), ink, 20)
    s.line("M784 716 A48 48 0 0 1 826 694", cream, 9, cap="round")


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.12, light=0.12, gap=0.14, cap="round"),
        ink="#f0b64a",
        lines={"en": (("SHERLOCK", 150), ("JR.", 90))},
        top=70,
        logo_ink="#f0b64a",
    ),
    window=(-300, 420, 1600),
    tones=("#13122a", "#f8efd6"),
)
