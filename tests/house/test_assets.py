"""Static files: an address that changes with the content, kept for a year."""

import gzip
import re

import pytest
from django.templatetags.static import static
from django.test import Client

from benchside.site.assets import assets

pytestmark = pytest.mark.usefixtures("sqlite_database")


def test_a_page_s_style_is_served_and_may_be_kept(client: Client) -> None:
    address = re.search(r'href="(/static/[^"]+\.css)"', client.get("/sign-in").content.decode())
    assert address
    answer = client.get(address[1])
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "immutable" in answer["Cache-Control"]


def test_a_digest_of_another_release_is_not_kept(client: Client) -> None:
    assert client.get("/static/000000000000/pages/css/base.css")["Cache-Control"] == "no-cache"


def test_compressed_for_those_who_take_it(client: Client) -> None:
    address = static("pages/css/base.css")
    zipped = client.get(address, HTTP_ACCEPT_ENCODING="gzip, br")
    plain = client.get(address)
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content
    assert zipped["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("name", ["nothing.css", "../settings.py", "..%2fsettings.py", "site/../../options.py"])
def test_only_static_files_are_served(client: Client, name: str) -> None:
    assert client.get(f"/static/{assets()[0]}/{name}").status_code == 404


def test_a_misspelt_name_raises() -> None:
    with pytest.raises(KeyError):
        static("site/sight.css")
