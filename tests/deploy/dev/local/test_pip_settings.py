from pathlib import Path

from deploy.dev.local.venv import uv_environment


def test_a_mirror_that_pip_knows_is_uvs_too() -> None:
    config = (
        ":env:.trusted-host='mirror.example'\n"
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'\n"
        "install.cert='/etc/ca.pem'\n"
        "global.disable-pip-version-check='1'\n"
        "freeze.timeout='5'\n"
    )

    assert {
        "UV_INSECURE_HOST": "mirror.example",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX": "https://a.example/simple https://b.example/simple",
        "SSL_CERT_FILE": "/etc/ca.pem",
    } == uv_environment(config, {})


def test_what_is_set_for_uv_stays() -> None:
    assert {} == uv_environment("global.index-url='https://a.example'\n", {"UV_DEFAULT_INDEX": "https://b.example"})


def test_a_folder_of_packages_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    config = f":env:.find-links='{tmp_path}\\n/nowhere/wheels\\nhttps://a.example/links'\n"

    assert {"UV_FIND_LINKS": f"{tmp_path},https://a.example/links"} == uv_environment(config, {})
    assert {} == uv_environment(":env:.find-links='/nowhere/wheels'\n", {})
