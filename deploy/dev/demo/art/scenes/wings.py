"""A biplane over clouds."""

from deploy.dev.demo.art.lettering import Hand
from deploy.dev.demo.art.scene import Bill, Scene
from deploy.dev.demo.art.shapes import scallops
from deploy.dev.demo.art.sheet import Sheet, polar


def _draw(s: Sheet) -> None:
    sky, pale, cream, red, navy, gold = "#2f7f93", "#5aa7b0", "#f6ead0", "#c93a28", "#16283a", "#eeb64d"
    s.flood(sky)
    s.burst(500, 780, 0, 1700, 30, 0.5, "#3a8fa0")
    s.circle(500, 780, 400, gold)
    s.circle(500, 780, 350, "#f5cf7f")
    for y, r, shift, fills in (
        (1130, 150, 60, ("#9fd0cf", pale, "#9fd0cf", pale, "#9fd0cf")),
        (1250, 180, -40, (cream, "#bfded6", cream, "#bfded6", cream)),
        (1400, 210, 90, (pale, sky, pale, sky, pale)),
        (1560, 240, -60, (navy, "#20384e", navy, "#20384e", navy)),
    ):
        scallops(s, y, r, fills, shift=shift)
        s.rect(-600, y - 1, 2200, 600, fills[0])
    for x, y, k in ((-180, 560, 0.9), (90, 480, 0.5), (930, 540, 0.62), (1210, 640, 1.0)):
        with s.placed(f"translate({x} {y}) scale({k}) rotate(-6)"):
            s.rect(-120, -20, 240, 9, navy)
            s.rect(-100, 16, 200, 8, navy)
            s.circle(0, 6, 17, navy)
            s.strokes(((-80, -16), (-70, 20)), navy, 4)
            s.strokes(((80, -16), (70, 20)), navy, 4)
            s.rect(-40, 34, 80, 6, navy)
    # The biplane, head on, banking a little.
    with s.placed("rotate(-7 500 860)"):
        for x in (-1, 1):
            for a, b in ((150, 130), (310, 296), (430, 410)):
                s.strokes(((500 + x * a, 726), (500 + x * b, 920)), navy, 10, cap="butt")
            s.strokes(((500 + x * 150, 730), (500 + x * 296, 916)), navy, 3)
            s.strokes(((500 + x * 310, 730), (500 + x * 130, 916)), navy, 3)
            s.strokes(((500 + x * 60, 720), (500 + x * 70, 800)), navy, 9)
        s.path(
            "M-20 706 C200 686 800 686 1020 706 C1040 712 1040 732 1020 736 C800 746 200 746 -20 736 "
            "C-40 732 -40 712 -20 706 Z",
            red,
        )
        s.path("M-20 722 C200 716 800 716 1020 722 L1020 736 C800 746 200 746 -20 736 Z", "#962517")
        s.path(
            "M40 906 C240 890 760 890 960 906 C976 912 976 928 960 932 C760 942 240 942 40 932 C24 928 24 912 40 906 Z",
            red,
        )
        s.path("M40 920 C240 914 760 914 960 920 L960 932 C760 942 240 942 40 932 Z", "#962517")
        for x in (90, 910):
            s.ellipse(x, 722, 66, 14, cream)
            s.ellipse(x, 722, 44, 9, navy)
            s.ellipse(x, 722, 20, 5, red)
        s.circle(500, 860, 132, navy)
        s.circle(500, 860, 120, cream)
        s.circle(500, 860, 96, navy)
        for k in range(9):
            cx, cy = polar(500, 860, 66, k * 40 - 90)
            s.circle(cx, cy, 24, "#3d566b")
            s.circle(cx, cy, 13, pale)
        s.circle(500, 860, 40, red)
        s.circle(500, 860, 200, cream, 0.16)
        s.ring(500, 860, 206, cream, 3, 0.5)
        for turn in (28, 208):
            with s.placed(f"rotate({turn} 500 860)"):
                s.path("M500 848 C560 826 640 830 712 852 L712 866 C640 884 560 880 500 872 Z", "#6d3a20")
        s.circle(500, 860, 20, gold)
        for side in (-1, 1):
            s.strokes(((500 + side * 60, 960), (500 + side * 130, 1060)), navy, 12)
            s.ellipse(500 + side * 136, 1068, 17, 50, navy)
            s.ellipse(500 + side * 136, 1068, 7, 22, cream)
        s.rect(370, 1062, 260, 9, navy)
        # The pilot.
        s.circle(500, 672, 42, "#6d3a20")
        s.path("M470 672 Q500 708 530 672 L530 690 Q500 724 470 690 Z", "#edc49b")
        s.path("M456 656 L544 656 L540 684 Q518 692 500 676 Q482 692 460 684 Z", navy)
        s.path("M464 661 L494 661 L490 678 Q474 684 466 678 Z", pale)
        s.path("M506 661 L536 661 L534 678 Q524 684 510 678 Z", pale)
        s.path("M520 706 C600 690 660 640 760 652 C700 668 640 720 540 726 Z", cream)
    s.rect(-600, 1380, 2200, 250, s.shade("wi", ((0, navy, 0), (1, navy, 0.9))))


SCENE = Scene(
    draw=_draw,
    bill=Bill(
        hand=Hand(heavy=0.2, light=0.2, gap=0.1, inline=0.045),
        ink="#f6ead0",
        second="#c93a28",
        lines={"en": (("WINGS", 200),)},
        foot="CLARA BOW · RICHARD ARLEN · BUDDY ROGERS",
        top=80,
    ),
    window=(-300, 460, 1600),
    tones=("#102536", "#f7ead0"),
)
