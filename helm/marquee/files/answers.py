# ruff: noqa: INP001, T201 - a script whose output a person reads
"""Run by `helm test`: checks that both services are alive and that the gateway answers for a key."""

import json
import sys
import urllib.error
import urllib.request

ALIVE = {"alive": True}


def ask(url):
    """Return the JSON of the response, whatever its status. Raises ``OSError`` and ``ValueError``."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the chart sets the URL
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def main(gateway, renderer):
    """Print the answers and exit with 0 if both services are alive, with 1 otherwise."""
    answers = {url: ask(url) for url in (f"{gateway}/livez", f"{renderer}/livez")}
    key = ask(f"{gateway}/t0-free-rpdb/isValid")
    for url, answer in answers.items():
        print(url, answer)
    print("the free key is", "on" if key["valid"] else "off")
    sys.exit(0 if all(answer == ALIVE for answer in answers.values()) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
