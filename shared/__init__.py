"""What both processes must agree on: vocabulary, settings, messages, stores and how a process runs.

Every module here is imported by the gateway and by the renderer. Imports nothing else of Marquee.
"""
