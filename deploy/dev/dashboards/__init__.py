"""Grafana's dashboards, and the program that writes them."""
