"""A masked woman within a red question mark."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import almond
from deploy.dev.demo.art.sheet import Sheet


def _draw(s: Sheet) -> None:
    black, red, ivory, grey, violet = "#0d0b10", "#c9202b", "#f3e9d6", "#5b5566", "#211a2b"
    s.flood(violet)
    s.burst(500, 800, 0, 1700, 44, 0.5, "#2a2136")
    # A question mark as large as the sheet.
    s.line("M226 720 A278 278 0 1 1 640 962 C560 1010 520 1060 520 1150", red, 128, cap="butt")
    s.circle(520, 1296, 84, red)
    s.line("M226 720 A278 278 0 1 1 640 962 C560 1010 520 1060 520 1150", "#8f121d", 26, cap="butt")
    # Irma Vep: the hood leaves the eyes free.
    s.path(
        "M500 460 C378 460 316 560 320 690 C324 800 372 900 430 960 L424 1040 C300 1080 190 1180 150 "
        "1340 L130 1700 L870 1700 L850 1340 C810 1180 700 1080 576 1040 L570 960 C628 900 676 800 "
        "680 690 C684 560 622 460 500 460 Z",
        black,
    )
    s.path(
        "M352 650 C400 610 600 610 648 650 C656 720 640 770 604 784 C560 792 530 770 500 766 C470 "
        "770 440 792 396 784 C360 770 344 720 352 650 Z",
        ivory,
    )
    s.path("M500 626 C560 624 620 630 648 650 C656 720 640 770 604 784 C560 792 530 770 500 766 Z", "#d9c5a8")
    for side in (-1, 1):
        cx = 500 + side * 82
        s.path(almond(cx, 708, 56, 30, 22), "#fffdf4")
        s.path(almond(cx, 702, 62, 38, 4), black, 0.85)
        s.path(almond(cx, 712, 50, 20, 20), "#fffdf4")
        s.circle(cx - 6, 708, 22, black)
        s.circle(cx + 2, 700, 6, ivory)
        s.line(f"M{cx - 64} 660 Q{cx - side * 4} 630 {cx + 64} {656}", black, 10, cap="round")
    s.path("M486 766 L500 800 L514 766 Z", "#d9c5a8")
    s.line("M300 620 C310 540 380 486 470 478", grey, 6, cap="round", alpha=0.8)
    s.path("M424 1040 C470 1076 530 1076 576 1040 L584 1064 C530 1104 470 1104 416 1064 Z", grey, 0.6)
    s.line("M190 1330 C240 1200 330 1120 430 1090", grey, 7, cap="round", alpha=0.7)
    s.line("M810 1330 C760 1200 670 1120 570 1090", grey, 7, cap="round", alpha=0.7)
    # Bats.
    for x, y, k in (
        (130, 520, 1.0),
        (880, 470, 0.8),
        (910, 960, 0.9),
        (70, 1000, 0.7),
        (-260, 700, 1.2),
        (1270, 760, 1.2),
        (-120, 1100, 0.8),
        (1150, 1080, 0.7),
    ):
        with s.placed(f"translate({x} {y}) scale({k})"):
            s.path(
                "M0 -22 L8 -34 L14 -14 C50 -50 90 -46 118 -20 C96 -22 84 -8 80 10 C64 -4 50 2 42 20 C30 8 14 "
                "12 0 34 C-14 12 -30 8 -42 20 C-50 2 -64 -4 -80 10 C-84 -8 -96 -22 -118 -20 C-90 -46 -50 -50 "
                "-14 -14 L-8 -34 Z",
                black,
            )
    s.rect(-600, 1340, 2200, 300, s.shade("va", ((0, black, 0), (1, black, 1))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.26, light=0.07, gap=0.11),
        ink="#f3e9d6",
        lines={"en": (("LES", 60), ("VAMPIRES", 150))},
        logo_ink="#e0323c",
        top=50,
    ),
    window=(-300, 430, 1600),
    focus=(500, 720),
    tones=("#12081a", "#f3e3d6"),
)
