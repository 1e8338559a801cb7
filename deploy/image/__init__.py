"""The content of the images, and the program that installs it."""
