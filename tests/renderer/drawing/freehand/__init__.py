"""Tests of the drawing of freehand designs."""
