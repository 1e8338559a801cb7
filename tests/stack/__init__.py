"""One way to start a stack: real stores, gateways and renderers as processes, stand-ins for sources, a client.

- ``part``: one program as a process: started, frozen, killed, ended. ``parts``: a Valkey, Postgres or S3.
- ``stores``, ``services``, ``pair``: where the stores are, N gateways and M renderers on them, and the same with a
  check that no log, number or row shows a secret.
- ``caller``: an HTTP client that returns an ``Answer``. ``sources``, ``trouble``, ``cloudflare``, ``edge``: stand-ins.

Nothing here needs pytest: ``deploy.dev.bench`` and ``deploy.dev.chaos`` may import this package too.
"""
