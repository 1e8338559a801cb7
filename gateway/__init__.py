"""The edge: checks the key, resolves the settings, redirects to the content URL, and serves the API and the pages.

May import `shared`; asks no outside service and draws nothing.
"""
