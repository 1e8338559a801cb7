"""A load test of a deployment from outside, with locust: scenarios, their requests, and how responses are checked."""
