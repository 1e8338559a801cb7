"""What the images hold, and the one program that puts it in."""
