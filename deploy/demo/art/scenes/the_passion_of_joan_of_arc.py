"""Joan between the flames and the cross of the window."""

from deploy.demo.art.lettering import Hand
from deploy.demo.art.scene import Bill, Scene
from deploy.demo.art.shapes import flame, scatter
from deploy.demo.art.sheet import Sheet

# The flames keep this far from her.
_CLEARING = 130


def _draw(s: Sheet) -> None:
    ash, bone, black, ember, amber, blood = "#cfc6b6", "#f5eee0", "#17120f", "#d9481c", "#f3a32f", "#7d1c14"
    s.flood(ash)
    s.poly(((500, -100), (-600, 1500), (1600, 1500)), bone, 0.5)
    s.burst(500, 640, 0, 1500, 20, 0.3, bone, 0.5)
    # The window's cross, thrown on the wall.
    s.rect(450, 330, 100, 1200, bone)
    s.rect(180, 560, 640, 100, bone)
    for base, width, height, fill, lean, step, start in (
        (1580, 330, 780, blood, 30, 196, -580),
        (1590, 260, 590, ember, -34, 168, -560),
        (1600, 190, 400, amber, 26, 132, -590),
    ):
        for k in range(-1, 16):
            x = start + k * step
            near = 1 - min(abs(x - 500) / 900, 1) * 0.5
            if abs(x - 500) < _CLEARING and fill != amber:
                near *= 0.62
            s.path(
                flame(x, base, width, height * near * (0.84 + 0.16 * ((k * 5) % 4)), lean * (1 if k % 2 else -1)), fill
            )
    # Joan at the stake: cropped head lifted to the light.
    s.rect(452, 690, 84, 900, "#5a3a28")
    s.rect(494, 690, 42, 900, "#452a1c")
    s.path(
        "M398 1500 C400 1330 392 1240 396 1130 C400 1060 440 1030 476 1018 L476 980 L540 980 L540 "
        "1018 C570 1030 604 1060 608 1130 C612 1240 600 1330 606 1500 Z",
        black,
    )
    s.path(
        "M440 890 C430 820 456 768 512 760 C570 756 600 800 594 852 C590 880 560 900 540 920 L534 "
        "1010 L478 1010 L478 950 C456 936 444 920 440 890 Z",
        bone,
    )
    s.path("M478 960 C500 980 516 976 534 950 L534 1010 L478 1010 Z", ash)
    s.path(
        "M470 900 C462 846 486 800 530 796 C572 796 590 830 586 866 C580 910 556 952 524 974 C500 "
        "980 478 950 470 900 Z",
        bone,
    )
    s.path(
        "M444 930 C410 860 436 760 512 748 C570 742 600 780 598 826 C570 806 530 806 514 836 C516 "
        "864 500 884 490 884 C486 904 484 930 478 956 C462 954 450 944 444 930 Z",
        "#2b1c14",
    )
    s.line("M526 862 Q544 850 562 856", black, 6, cap="round")
    s.line("M520 846 Q544 830 570 838", black, 4, cap="round")
    s.line("M572 872 L584 892 L568 900", black, 4, join="round")
    s.line("M532 930 Q548 926 560 932", "#8c2d20", 6, cap="round")
    s.path("M544 872 C538 890 536 900 544 906 C552 900 550 890 544 872 Z", "#6c9ab0")
    s.line("M404 1180 Q500 1230 602 1180 M402 1240 Q500 1290 602 1240", ash, 13)
    s.rect(482, 1060, 14, 130, bone)
    s.rect(452, 1090, 74, 14, bone)
    s.path("M440 1150 C460 1130 500 1140 512 1170 C520 1200 480 1216 456 1200 Z", bone)
    for k in range(11):
        x = -500 + k * 200 + 20 * (k % 3)
        if abs(x - 500) > _CLEARING / 2:
            s.path(flame(x, 1600, 150, 300 + 70 * ((k * 3) % 4) / 2, 20 - 15 * (k % 3)), amber)
    for u, v in scatter(46, 0.2):
        s.circle(-500 + u * 2000, 460 + v * 800, 2.5 + 4 * ((v * 9) % 1), (amber, ember)[int(u * 20) % 2])
    s.rect(-600, 1360, 2200, 260, s.shade("jo", ((0, blood, 0), (1, black, 0.8))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.1, light=0.1, gap=0.16),
        ink="#17120f",
        lines={
            "en": (("THE PASSION OF", 62), ("JOAN OF ARC", 120)),
            "fr": (("LA PASSION DE", 62), ("JEANNE D'ARC", 120)),
        },
        logo_ink="#f3a85a",
        top=80,
    ),
    window=(-300, 560, 1600),
    tones=("#1a0f0c", "#f5e9d6"),
)
