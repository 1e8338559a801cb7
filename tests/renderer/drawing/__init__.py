"""Tests of the drawing: rules by property, looks by golden picture."""
