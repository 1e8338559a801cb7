"""Load on an installation from outside, by locust: scenarios, what they ask for, and how answers are judged."""
