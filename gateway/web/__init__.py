"""The pages that people open: shells made from templates, whose scripts speak to ``/api`` like everybody else."""
