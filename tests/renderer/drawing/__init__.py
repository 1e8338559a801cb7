"""Tests of the drawing: rules by property, whole pictures by golden picture."""
