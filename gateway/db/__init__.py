"""SQL of the gateway: one module for each aggregate. Only the gateway imports it."""
