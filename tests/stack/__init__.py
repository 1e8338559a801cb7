"""One way to start a stack: real stores, gateways and renderers as processes, stand-ins for sources, a client.

- ``part``: one program as a process: started, frozen, killed, ended. ``parts``: a Valkey, Postgres or S3. ``command``:
  one that ends by itself. ``fork_server``: what makes their starts cheap, in tests alone.
- ``stores``, ``services``, ``pair``: where the stores are; N gateways and M renderers on them; the same with a check
  that no log, number or row shows a secret.
- ``caller``: an HTTP client that returns an ``Answer``.
- Stand-ins: ``sources`` in this process with ``trouble`` on demand, ``server`` for any module as a process, ``edge``
  (nginx as a CDN), ``cloudflare``, and ``relay``, a connection to any of them that can be broken.

Nothing here imports pytest: ``deploy.dev.bench`` and ``deploy.dev.chaos`` import this package too.
"""
