# ruff: noqa: INP001, T201 - a script that speaks to a person
"""What `helm test` runs: both services are alive, and the gateway answers about a key."""

import json
import sys
import urllib.error
import urllib.request

ALIVE = {"alive": True}


def ask(url):
    """Return what is answered, whatever its status. Raises ``OSError`` and ``ValueError``."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - the chart says which
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def main(gateway, renderer):
    """Ask, print what was answered, and end with 1 where an answer is not as it should be."""
    answers = {url: ask(url) for url in (f"{gateway}/livez", f"{renderer}/livez")}
    key = ask(f"{gateway}/t0-free-rpdb/isValid")
    for url, answer in answers.items():
        print(url, answer)
    print("the free key is", "on" if key["valid"] else "off")
    sys.exit(0 if all(answer == ALIVE for answer in answers.values()) else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
