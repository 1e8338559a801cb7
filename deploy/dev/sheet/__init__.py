"""The contact sheet: one page with a picture per option, for the eye; ``make sheet`` draws it."""
