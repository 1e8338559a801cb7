"""The contact sheet: one page with a picture per option, for visual review; ``make sheet`` draws it."""
