"""Photographs: the picture stays to the last bit, and says no more where it was taken."""

import struct
from io import BytesIO

import pytest
from PIL import Image, ImageOps

from domain.services.document_checks import Upload, check_file
from tests.domain.services.test_document_checks import refused
from tests.papers import chunk, jpeg, picture, png, with_chunk


def kept(name: str, content: bytes) -> bytes:
    return check_file(Upload(name, content)).content


def opened(content: bytes) -> Image.Image:
    return Image.open(BytesIO(content))


FILES = {"portrait.jpg": jpeg(), "progressive.jpg": jpeg(progressive=True), "screen.png": png()}


@pytest.mark.parametrize("name", FILES)
def test_where_it_was_taken_is_gone(name: str) -> None:
    before, after = FILES[name], kept(name, FILES[name])

    assert (opened(before).getexif().get_ifd(0x8825) != {}, opened(after).getexif().get_ifd(0x8825)) == (True, {})
    assert [word for word in (b"Belgrade", b"Fairphone") if word in after] == []


def test_it_could_have_been_seen() -> None:
    assert (b"Belgrade" in jpeg(), b"Fairphone" in jpeg(), b"Belgrade" in png()) == (True, True, True)


@pytest.mark.parametrize("name", FILES)
def test_the_picture_is_the_same_and_stands_as_it_stood(name: str) -> None:
    before, after = (ImageOps.exif_transpose(opened(file)) for file in (FILES[name], kept(name, FILES[name])))

    assert (after.size, after.tobytes()) == (before.size, before.tobytes())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_which_way_is_up_is_kept(orientation: int) -> None:
    assert opened(kept("a.jpg", jpeg(orientation=orientation))).getexif().get(0x0112, 1) == orientation


def test_what_the_colours_mean_is_kept() -> None:
    file = BytesIO()
    picture().save(file, "JPEG", icc_profile=b"a profile of colours")

    assert opened(kept("a.jpg", file.getvalue())).info["icc_profile"] == b"a profile of colours"


@pytest.mark.parametrize(("name", "content"), FILES.items())
def test_what_comes_after_the_picture_stays_behind(name: str, content: bytes) -> None:
    assert kept(name, content + b"PK\x03\x04 a film of the same moment") == kept(name, content)


def test_a_second_picture_stays_behind() -> None:
    file = BytesIO()
    picture().save(file, "MPO", save_all=True, append_images=[picture((32, 32))])

    assert getattr(opened(kept("a.jpg", file.getvalue())), "n_frames", 1) == 1


def test_what_hides_in_a_comment_stays_behind() -> None:
    assert b"%PDF" not in kept("a.jpg", with_comment(b"%PDF-1.7 alert(1)"))


def with_comment(text: bytes) -> bytes:
    return jpeg()[:2] + b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text + jpeg()[2:]


def sized(content: bytes, width: int, height: int) -> bytes:
    """A photograph that says it is as large as that."""
    at = content.index(b"\xff\xc0") + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.jpg", sized(jpeg(), 10_000, 5_001), "too_many_pixels"),
        ("a.jpg", sized(jpeg(), 65_535, 65_535), "too_many_pixels"),
        ("a.jpg", sized(jpeg(), 0, 100), "file_damaged"),
        ("a.jpg", sized(jpeg(), 100, 0), "file_damaged"),
        ("a.jpg", b"\xff\xd8\xff\xd9", "file_damaged"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x00" + jpeg()[2:], "file_damaged"),
        ("a.jpg", b"\xff\xd8\xff\xe0\xff\xff", "file_damaged"),
        ("a.png", png()[:8], "file_damaged"),
        ("a.png", png()[:8] + png()[33:], "file_damaged"),
        ("a.png", with_chunk(png(), b"IHDR", bytes(13)), "file_damaged"),
        ("a.png", with_chunk(png(), b"QUUX", b""), "file_damaged"),
        ("a.png", png().replace(b"IDAT", b"iDAT"), "file_damaged"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(name: str, content: bytes, code: str) -> None:
    assert refused(name, content) == [("/file", code)]


def test_fifty_megapixels_are_taken() -> None:
    assert kept("a.jpg", sized(jpeg(orientation=1), 10_000, 5_000)).startswith(b"\xff\xd8")


def test_a_large_png_is_refused_by_what_its_header_says() -> None:
    head = chunk(b"IHDR", struct.pack(">LL", 10_000, 5_001) + b"\x08\x02\0\0\0")

    assert refused("a.png", png()[:8] + head + png()[33:]) == [("/file", "too_many_pixels")]
