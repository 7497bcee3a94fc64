"""Strangers' archives: what is unpacked, what is refused, and that nothing ever lands outside the folder."""

import bz2
import errno
import functools
import gzip
import importlib.util
import io
import lzma
import os
import random
import re
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import time
import unicodedata
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from graders.classes import archives, limits
from graders.classes.archives import look_at, suffix, unpack
from graders.classes.entries import Refused
from graders.classes.limits import LIMITS, Limits
from graders.classes.private import private_folder
from graders.texts import catalogue

SCRIPT = b"echo hello\n"
ZSTANDARD = importlib.util.find_spec("compression") and importlib.util.find_spec("compression.zstd")


@pytest.fixture
def into(tmp_path):
    """The folder to unpack into, with nothing beside it but the archive."""
    path = tmp_path / "into"
    path.mkdir()
    return path


@pytest.fixture
def refusal(tmp_path, into):
    """Why an archive of these bytes is refused: the key of the text that is said."""

    def reason(data, limits=LIMITS):
        path = tmp_path / "archive"
        path.write_bytes(data)
        shutil.rmtree(into)
        into.mkdir()
        with pytest.raises(Refused) as refused:
            unpack(path, into, limits)
        assert sorted(os.listdir(tmp_path)) == ["archive", "into"]
        return key_of(refused.value.what)

    return reason


@pytest.fixture
def unpacked(tmp_path, into):
    """What an archive of these bytes becomes: contents by name, None for a folder."""

    def contents(data, limits=LIMITS):
        path = tmp_path / "archive"
        path.write_bytes(data)
        unpack(path, into, limits)
        assert sorted(os.listdir(tmp_path)) == ["archive", "into"]
        return {
            str(path.relative_to(into)): None if path.is_dir() else path.read_bytes()
            for path in sorted(into.rglob("*"))
        }

    return contents


def key_of(what):
    """The key of the catalogue that a text was made of."""
    for key, text in catalogue("roster").items():
        pattern = ".*".join(map(re.escape, re.split(r"\{\w+\}", text.en)))
        if key != "line" and re.fullmatch(pattern, what.en, re.DOTALL):
            return key
    raise AssertionError(what.en)


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """A zip of names and contents, as common systems make it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def raw_zip(*entries, prefix=b"", comment=b"", count=None):
    """A zip put together by hand. An entry is a dict: name, content, and what shall differ from the truth."""
    body, directory = prefix, b""
    for entry in entries:
        name, content = entry["name"], entry.get("content", b"")
        method = entry.get("method", 0)
        packed = entry.get("packed", content)
        check = entry.get("check", zlib.crc32(content))
        sizes = (len(packed), entry.get("size", len(content)))
        flags = entry.get("flags", 0x0800)
        offset = entry.get("offset", len(body))
        local_name = entry.get("local_name", name)
        body += struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, method, 0, 0, check, *sizes, len(local_name), 0)
        body += local_name + packed
        mode = entry.get("mode", stat.S_IFREG | 0o644)
        sizes = (entry.get("central_packed", sizes[0]), sizes[1])
        head = (b"PK\1\2", 3 << 8 | 20, 20, flags, method, 0, 0, check, *sizes, len(name), 0, 0, 0, 0)
        directory += struct.pack("<4s6H3L5H2L", *head, mode << 16 | entry.get("dos", 0), offset) + name
    count = len(entries) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), len(comment))
    return body + directory + end + comment


def deflated(content):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def tarred(*entries, format=tarfile.GNU_FORMAT):
    """A tar. An entry is a name with a content, or a TarInfo."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, encoding="utf-8", errors="surrogateescape") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
                continue
            info = tarfile.TarInfo(entry[0])
            info.size = len(entry[1])
            archive.addfile(info, io.BytesIO(entry[1]))
    return out.getvalue()


def of_kind(name, kind, **more):
    info = tarfile.TarInfo(name)
    info.type = kind
    for key, value in more.items():
        setattr(info, key, value)
    return info


def header(name=b"x", size=b"00000000000\0", kind=b"0", magic=b"ustar\x0000", check=None):
    """One header of a tar, put together by hand."""
    block = name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + size + b"0" * 11 + b"\0" + b" " * 8 + kind
    block = (block + b"\0" * 100 + magic).ljust(512, b"\0")
    total = sum(block) if check is None else check
    return block[:148] + b"%06o\0 " % total + block[156:]


END = b"\0" * 1024


# What is taken


@pytest.mark.parametrize(
    "pack",
    [
        lambda files: zipped(files),
        lambda files: zipped(files, zipfile.ZIP_STORED),
        lambda files: tarred(*files.items()),
        lambda files: tarred(*files.items(), format=tarfile.PAX_FORMAT),
        lambda files: tarred(*files.items(), format=tarfile.USTAR_FORMAT),
        lambda files: gzip.compress(tarred(*files.items())),
        lambda files: bz2.compress(tarred(*files.items())),
        lambda files: lzma.compress(tarred(*files.items())),
    ],
    ids=["deflated", "stored", "gnu", "pax", "ustar", "gzip", "bzip2", "xz"],
)
def test_files_and_folders_come_out_as_they_went_in(unpacked, pack):
    files = {"start.sh": SCRIPT, "app/empty": b"", "app/data.bin": random.Random(1).randbytes(300_000)}

    assert unpacked(pack(files)) == {**files, "app": None}


def test_zstandard_is_read_where_python_has_it_and_else_refused_by_name(refusal, unpacked):
    if ZSTANDARD:
        zstd = importlib.import_module("compression.zstd")

        assert unpacked(zstd.compress(tarred(("start.sh", SCRIPT)))) == {"start.sh": SCRIPT}
    else:
        assert refusal(b"\x28\xb5\x2f\xfd" + bytes(20)) == "archive_kind"


def test_what_tar_itself_writes_is_read(tmp_path, into):
    source = tmp_path / "work"
    (source / "app").mkdir(parents=True)
    (source / "app" / ("n" * 150)).write_text("x")
    (source / "start.sh").write_bytes(SCRIPT)
    (source / "start.sh").chmod(0o755)
    subprocess.run(["tar", "-czf", tmp_path / "work.tgz", "work"], cwd=tmp_path, check=True)

    unpack(tmp_path / "work.tgz", into)

    assert (into / "work" / "start.sh").read_bytes() == SCRIPT
    assert (into / "work" / "start.sh").stat().st_mode & 0o777 == 0o755
    assert (into / "work" / "app" / ("n" * 150)).read_text() == "x"


def test_what_an_archive_is_its_content_says_not_its_name(tmp_path, into):
    (tmp_path / "kim.zip").write_bytes(gzip.compress(tarred(("start.sh", SCRIPT))))

    unpack(tmp_path / "kim.zip", into)

    assert (into / "start.sh").read_bytes() == SCRIPT


def test_a_file_that_may_be_run_stays_so_and_loses_every_other_special_mode(tmp_path, into):
    for data in (
        raw_zip({"name": b"a.sh", "mode": stat.S_IFREG | 0o6751}, {"name": b"b.txt", "mode": stat.S_IFREG | 0o4606}),
        tarred(of_kind("c.sh", tarfile.REGTYPE, mode=0o6751), of_kind("d.txt", tarfile.REGTYPE, mode=0o4606)),
    ):
        (tmp_path / "archive").write_bytes(data)
        unpack(tmp_path / "archive", into)

    assert {path.name: path.stat().st_mode & 0o7777 for path in into.iterdir()} == {
        "a.sh": 0o755,
        "b.txt": 0o644,
        "c.sh": 0o755,
        "d.txt": 0o644,
    }


def test_a_folder_that_nobody_may_enter_can_be_entered(unpacked):
    data = tarred(of_kind("app", tarfile.DIRTYPE, mode=0), ("app/x", b"1"))

    assert unpacked(data) == {"app": None, "app/x": b"1"}


def test_a_folder_that_is_named_again_and_again_is_one(unpacked):
    folder = of_kind("app", tarfile.DIRTYPE)

    assert unpacked(tarred(folder, ("./app//x", b"1"), folder, of_kind("./", tarfile.DIRTYPE))) == {
        "app": None,
        "app/x": b"1",
    }


def test_what_macos_and_windows_put_in_is_left_out(unpacked):
    files = {
        "__MACOSX/work/._start.sh": b"x",
        "work/start.sh": SCRIPT,
        "work/.DS_Store": b"x",
        "work/._start.sh": b"x",
        "Thumbs.db": b"x",
    }
    expected = {"work": None, "work/start.sh": SCRIPT}

    assert unpacked(zipped(files)) == expected


def test_an_archive_in_an_archive_stays_a_file(unpacked):
    inner = zipped({"start.sh": SCRIPT})

    assert unpacked(zipped({"more.zip": inner})) == {"more.zip": inner}


def test_what_git_archive_writes_for_all_entries_is_passed_over(unpacked):
    data = tarfile.TarInfo.create_pax_global_header({"comment": "0" * 40}) + tarred(("start.sh", SCRIPT))

    assert unpacked(data) == {"start.sh": SCRIPT}


def test_several_gzip_bzip2_and_xz_streams_are_one(tmp_path, into):
    data = tarred(("start.sh", SCRIPT))
    for compress in (gzip.compress, bz2.compress, lzma.compress):
        target = into / compress.__module__.strip("_")
        target.mkdir()
        (tmp_path / "archive").write_bytes(compress(data[:700]) + compress(data[700:]))
        unpack(tmp_path / "archive", target)

        assert (target / "start.sh").read_bytes() == SCRIPT


def test_an_empty_archive_is_an_empty_folder(unpacked):
    assert unpacked(zipped({})) == {}
    assert unpacked(raw_zip(comment=b"PK\5\6 nothing")) == {}


def test_a_zip_written_as_a_stream_is_read(tmp_path, unpacked):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = b""

        def writable(self):
            return True

        def write(self, data):
            self.data += bytes(data)
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("start.sh", SCRIPT)

    assert unpacked(pipe.data) == {"start.sh": SCRIPT}


# Names in other encodings


@pytest.mark.parametrize(
    ("raw", "flags", "name"),
    [
        ("과제.sh".encode(), 0x0800, "과제.sh"),
        ("과제.sh".encode(), 0, "과제.sh"),  # macOS and Info-ZIP do not say that it is UTF-8
        (unicodedata.normalize("NFD", "과제.sh").encode(), 0, unicodedata.normalize("NFD", "과제.sh")),
        ("과제.sh".encode("cp949"), 0, "과제.sh"),
        ("뷁.sh".encode("cp949"), 0, "뷁.sh"),
        ("짧.sh".encode("cp949"), 0, "짧.sh"),  # these two bytes are valid UTF-8 as well
        (b"caf\x82.sh", 0, "café.sh"),
    ],
)
def test_names_in_a_zip_come_through(unpacked, raw, flags, name):
    assert unpacked(raw_zip({"name": raw, "flags": flags, "content": b"1"})) == {name: b"1"}


def test_names_in_a_tar_that_are_not_utf_8_come_through(tmp_path, into):
    data = tarred((os.fsdecode("과제.sh".encode("cp949")), b"1"), (os.fsdecode(b"caf\xff"), b"2"))
    (tmp_path / "archive").write_bytes(data)

    unpack(tmp_path / "archive", into)

    assert sorted(os.listdir(os.fsencode(into))) == sorted(["과제.sh".encode(), b"caf\xff"])


def test_a_name_that_is_said_to_be_utf_8_and_is_not_is_damaged(refusal):
    assert refusal(raw_zip({"name": b"caf\xe9", "flags": 0x0800})) == "archive_damaged"


# Names that lead out


OUT = ["../x", "a/../../x", "..", "a/..", "/etc/x", "//x", "C:/x", "c:x", "./../x"]
STRANGE = ["..\\x", "a\\..\\..\\x", "\\\\server\\x", "a\\b", "x\0.sh"]


@pytest.mark.parametrize("name", OUT)
def test_a_name_that_leads_out_is_refused(refusal, name):
    assert refusal(raw_zip({"name": name.encode(), "content": b"1"})) == "archive_name_leads_out"
    assert refusal(header(name.encode()) + END) == "archive_name_leads_out"


@pytest.mark.parametrize("name", STRANGE)
def test_a_name_that_means_something_else_elsewhere_is_refused(refusal, name):
    assert refusal(raw_zip({"name": name.encode(), "content": b"1"})) == "archive_name_strange"


@pytest.mark.parametrize("name", OUT + STRANGE)
@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_long_header_does_not_smuggle_such_a_name_in(refusal, name, format):
    if format == tarfile.PAX_FORMAT:
        info = of_kind("short", tarfile.REGTYPE)
        info.pax_headers = {"path": name}
        data = tarred(info, format=format)
    else:
        data = header(b"././@LongLink", b"%011o\0" % len(name), b"L") + name.encode().ljust(512, b"\0")
        data += header(b"short") + END

    assert refusal(data) in ("archive_name_leads_out", "archive_name_strange")


def test_a_name_is_no_way_out_of_what_is_passed_over(refusal):
    assert refusal(zipped({"__MACOSX/../../x": b"1"})) == "archive_name_leads_out"


def test_names_that_are_too_long_or_too_deep_are_refused(refusal):
    assert refusal(raw_zip({"name": b"n" * 256})) == "archive_name_too_long"
    assert refusal(raw_zip({"name": b"/".join([b"n" * 200] * 6)})) == "archive_name_too_long"
    assert refusal(raw_zip({"name": "과".encode() * 90})) == "archive_name_too_long"
    assert refusal(raw_zip({"name": b"/".join([b"n"] * 33)})) == "archive_too_deep"


def test_the_longest_and_deepest_name_is_taken(unpacked):
    names = [b"n" * 255, b"/".join([b"n"] * 32), b"/".join([b"m" * 255] * 4)]

    assert len(unpacked(raw_zip(*({"name": name} for name in names)))) == 1 + 32 + 4


# Names that clash


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (("a", "a"), "archive_twice"),
        (("a", "./a"), "archive_twice"),
        (("a/b", "a//b"), "archive_twice"),
        (("Start.sh", "start.sh"), "archive_twins"),
        (("App/x", "app/y"), "archive_twins"),
        (("é", "e\u0301"), "archive_twins"),
        (("straße", "STRASSE"), "archive_twins"),
        (("a", "a/b"), "archive_file_and_folder"),
        (("a/b", "a"), "archive_twice"),
        (("a/", "a"), "archive_twice"),
        (("a", "a/"), "archive_file_and_folder"),
    ],
)
def test_names_that_clash_are_refused(refusal, names, reason):
    entries = [
        {"name": name.encode(), "mode": (stat.S_IFDIR if name.endswith("/") else stat.S_IFREG) | 0o755}
        for name in names
    ]
    reasons = {reason, "archive_file_and_folder"} if reason == "archive_twice" else {reason}

    assert refusal(raw_zip(*entries)) in reasons


# What is neither file nor folder


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (stat.S_IFLNK, "archive_link"),
        (stat.S_IFIFO, "archive_not_a_file"),
        (stat.S_IFCHR, "archive_not_a_file"),
        (stat.S_IFBLK, "archive_not_a_file"),
        (stat.S_IFSOCK, "archive_not_a_file"),
    ],
)
def test_a_zip_with_anything_else_is_refused(refusal, kind, reason):
    assert refusal(raw_zip({"name": b"x", "content": b"/etc/passwd", "mode": kind | 0o777})) == reason


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (tarfile.SYMTYPE, "archive_link"),
        (tarfile.LNKTYPE, "archive_link"),
        (tarfile.FIFOTYPE, "archive_not_a_file"),
        (tarfile.CHRTYPE, "archive_not_a_file"),
        (tarfile.BLKTYPE, "archive_not_a_file"),
        (tarfile.CONTTYPE, "archive_not_a_file"),
        (tarfile.GNUTYPE_SPARSE, "archive_not_a_file"),
        (b"M", "archive_not_a_file"),
        (b"V", "archive_not_a_file"),
        (b"D", "archive_not_a_file"),
        (b"?", "archive_not_a_file"),
    ],
)
def test_a_tar_with_anything_else_is_refused(refusal, kind, reason):
    assert refusal(header(kind=kind) + END) == reason


def test_a_link_and_a_file_through_it_are_refused_before_the_file_is_written(refusal, tmp_path):
    data = tarred(of_kind("out", tarfile.SYMTYPE, linkname=str(tmp_path)), ("out/x", b"1"))

    assert refusal(data) == "archive_link"


@pytest.mark.parametrize("key", ["GNU.sparse.major", "GNU.sparse.realsize", "GNU.sparse.map"])
def test_a_sparse_file_by_an_extended_header_is_refused(refusal, key):
    info = of_kind("x", tarfile.REGTYPE)
    info.pax_headers = {key: "1"}

    assert refusal(tarred(info, format=tarfile.PAX_FORMAT)) == "archive_not_a_file"


def test_a_folder_with_content_is_refused(refusal):
    folder = {"name": b"x/", "content": b"1", "mode": stat.S_IFDIR | 0o755}

    assert refusal(raw_zip(folder)) == "archive_not_a_file"
    assert refusal(header(b"x/", b"00000000001\0", b"5") + b"1".ljust(512, b"\0") + END) == "archive_not_a_file"


# Too much


SMALL = Limits(entries=5, bytes=1000, single=600, ratio_from=1 << 20)


def test_just_as_much_as_allowed_is_taken(unpacked):
    files = {"a": b"x" * 600, "b": b"y" * 400, "c": b"", "d/e": b""}

    assert len(unpacked(zipped(files), SMALL)) == 5


@pytest.mark.parametrize("pack", [zipped, lambda files: tarred(*files.items())], ids=["zip", "tar"])
@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a": b"x" * 601}, "archive_file_too_large"),
        ({"a": b"x" * 501, "b": b"x" * 500}, "archive_too_much"),
        (dict.fromkeys("abcdef", b""), "archive_too_many"),
        ({"a/b/c/d/e/f": b""}, "archive_too_many"),
        ({"__MACOSX/a": b"", **dict.fromkeys("abcde", b"")}, "archive_too_many"),
    ],
)
def test_more_than_allowed_is_refused(refusal, pack, files, reason):
    assert refusal(pack(files), SMALL) == reason


def test_an_archive_that_is_too_large_is_refused_before_it_is_read(tmp_path, into):
    with (tmp_path / "archive").open("wb") as file:
        file.write(b"PK\3\4")
        file.truncate(1 << 40)

    with pytest.raises(Refused) as refused:
        unpack(tmp_path / "archive", into)

    assert key_of(refused.value.what) == "archive_too_large"


@functools.cache
def zeros(count):
    return b"\0" * count


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: zipped({"x": zeros(100 << 20)}),
        lambda: zipped({f"{number}": zeros(4 << 20) for number in range(20)}),
        lambda: gzip.compress(tarred(("x", zeros(100 << 20)))),
        lambda: bz2.compress(tarred(("x", zeros(100 << 20)))),
        lambda: lzma.compress(tarred(("x", zeros(100 << 20)))),
    ],
    ids=["zip", "many", "gzip", "bzip2", "xz"],
)
def test_a_bomb_is_refused_before_it_grows(refusal, into, bomb):
    data = bomb()

    assert len(data) < 1 << 20
    assert refusal(data) in ("archive_bomb", "archive_too_much", "archive_file_too_large")
    assert sum(path.stat().st_size for path in into.rglob("*")) <= 64 << 20


def test_a_bomb_takes_little_memory(tmp_path):
    (tmp_path / "archive").write_bytes(bz2.compress(tarred(("x", zeros(200 << 20)))))
    (tmp_path / "into").mkdir()
    code = (
        "import resource, sys, pathlib\n"
        "from graders.classes.archives import unpack\n"
        "from graders.classes.entries import Refused\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: unpack(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
        "except Refused: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "archive", tmp_path / "into"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert int(ran.stdout) < 40 << 10  # KiB


def test_a_bomb_that_lies_about_its_size_is_refused_by_what_comes_out(refusal):
    content = zeros(100 << 20)
    entry = {"name": b"x", "content": b"", "packed": deflated(content), "method": 8, "size": 10, "check": 0}

    assert refusal(raw_zip(entry)) == "archive_bomb"


def test_entries_that_share_bytes_are_refused(refusal):
    kernel = {"name": b"a", "content": b"x" * 1000}
    again = {"name": b"b", "content": b"x" * 1000, "offset": 0, "local_name": b"a"}

    assert refusal(raw_zip(kernel, {**again, "name": b"a"})) in ("archive_overlaps", "archive_twice")


def test_entries_that_quote_the_next_ones_header_are_refused(refusal):
    """David Fifield's construction: an entry's content takes in the headers of those after it, and their content."""
    inner = raw_zip({"name": b"b", "content": b"y" * 100})
    quoted = inner[: 30 + 1 + 100]
    body = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, zlib.crc32(quoted), *[len(quoted)] * 2, 1, 0) + b"a"
    start = len(body)
    body += quoted

    def central(name, content, offset):
        head = (b"PK\1\2", 3 << 8 | 20, 20, 0, 0, 0, 0, zlib.crc32(content), *[len(content)] * 2, 1, 0, 0, 0, 0)
        return struct.pack("<4s6H3L5H2L", *head, 0, offset) + name

    directory = central(b"a", quoted, 0) + central(b"b", b"y" * 100, start)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 2, 2, len(directory), len(body), 0)

    assert refusal(body + directory + end) == "archive_overlaps"


def test_an_entry_that_reaches_into_the_directory_is_refused(refusal):
    assert refusal(raw_zip({"name": b"a", "content": b"x", "central_packed": 60})) == "archive_overlaps"


def test_a_header_as_long_as_a_book_is_refused_before_it_is_read(refusal):
    for kind in (b"x", b"g", b"L", b"K"):
        data = gzip.compress(header(size=b"77777777777\0", kind=kind) + zeros(1 << 20))
        assert refusal(data) == "archive_header_too_long"


def test_headers_without_end_are_refused(refusal):
    long_name = header(size=b"00000000001\0", kind=b"L") + b"n".ljust(512, b"\0")

    assert refusal(gzip.compress(long_name * 50), Limits(entries=5)) == "archive_too_many"
    assert refusal(gzip.compress(long_name * 50), SMALL) == "archive_too_much"


def test_an_xz_that_asks_for_gigabytes_of_memory_is_refused(refusal):
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 1 << 27}]
    data = bytearray(lzma.compress(tarred(("x", b"1")), filters=filters, check=lzma.CHECK_NONE))
    data[12 + 4] = 40  # the dictionary's size in the block header: 4 GiB
    data[12 + 8 : 12 + 12] = struct.pack("<L", zlib.crc32(data[12 : 12 + 8]))

    assert refusal(bytes(data)) == "archive_damaged_because"


def test_an_archive_that_takes_too_long_is_refused(refusal, monkeypatch):
    times = iter(range(10**6))
    monkeypatch.setattr(limits.time, "monotonic", lambda: float(next(times)))
    files = {str(number): b"1" for number in range(100)}

    assert refusal(zipped(files), Limits(seconds=20)) == "archive_too_slow"
    assert refusal(gzip.compress(tarred(*files.items())), Limits(seconds=20)) == "archive_too_slow"


# Damaged, encrypted, unusual


@pytest.mark.parametrize("flags", [0x0001, 0x0040, 0x2000])
def test_an_encrypted_zip_is_refused(refusal, flags):
    assert refusal(raw_zip({"name": b"x", "content": b"1", "flags": flags})) == "archive_encrypted"


@pytest.mark.parametrize("method", [1, 6, 9, 12, 14, 93, 95, 99])
def test_unusual_compression_is_refused(refusal, method):
    assert refusal(raw_zip({"name": b"x", "content": b"1", "method": method})) == "archive_method"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bzip2_and_lzma_in_a_zip_are_refused(refusal, method):
    assert refusal(zipped({"x": SCRIPT}, method)) == "archive_method"


def test_a_zip64_is_refused(refusal):
    many = zipped({str(number): b"" for number in range(0xFFFF)})

    assert refusal(many) == "archive_zip64"
    assert refusal(raw_zip({"name": b"x", "size": 0xFFFFFFFF})) == "archive_zip64"
    plain = raw_zip({"name": b"x"})
    locator = b"PK\6\7" + bytes(16)
    assert refusal(plain[:-22] + locator + plain[-22:]) == "archive_zip64"


def test_a_zip_with_something_before_or_after_it_is_refused(refusal):
    plain = raw_zip({"name": b"x", "content": b"1"})

    assert refusal(b"PK\3\4" + plain) == "archive_damaged"
    assert refusal(plain + b"more") == "archive_truncated"
    assert refusal(plain[:-22] + b"gap" + plain[-22:]) == "archive_damaged"


@pytest.mark.parametrize(
    "difference",
    [
        {"check": 1},
        {"size": 9},
        {"size": 1},
        {"local_name": b"y"},
        {"local_name": b"longer"},
        {"method": 8},
        {"method": 8, "packed": deflated(b"content") + b"more"},
        {"method": 8, "packed": deflated(b"content")[:-1]},
        {"offset": 3},
    ],
    ids=str,
)
def test_a_zip_that_contradicts_itself_is_refused(refusal, difference):
    entry = {"name": b"x", "content": b"content", **difference}

    assert refusal(raw_zip(entry)) in ("archive_damaged", "archive_truncated")


@pytest.mark.parametrize("count", [0, 2])
def test_a_zip_that_counts_its_entries_wrong_is_refused(refusal, count):
    assert refusal(raw_zip({"name": b"x"}, count=count)) == "archive_damaged"


def test_a_truncated_archive_is_said_to_be_so(refusal):
    files = {"a": random.Random(2).randbytes(5000), "b": SCRIPT}

    assert refusal(zipped(files)[:-30]) == "archive_truncated"
    assert refusal(tarred(*files.items())[:3000]) == "archive_truncated"
    assert refusal(header() + b"") == "archive_truncated"
    assert refusal(tarred(*files.items())[: 512 + 5120]) == "archive_truncated"
    for compress in (gzip.compress, bz2.compress, lzma.compress):
        assert refusal(compress(tarred(*files.items()))[:-3]) == "archive_truncated"


def test_a_damaged_archive_is_said_to_be_so(refusal):
    data = tarred(("a", random.Random(3).randbytes(5000)))
    for compress in (gzip.compress, bz2.compress, lzma.compress):
        packed = bytearray(compress(data))
        packed[len(packed) // 2] ^= 0xFF
        assert refusal(bytes(packed)) in ("archive_damaged_because", "archive_damaged")
    assert refusal(header(check=0) + END) == "archive_damaged"
    assert refusal(header(size=b"0000000zzzz\0") + END) == "archive_damaged"
    assert refusal(header(size=b"-0000000001\0") + END) == "archive_damaged"
    assert refusal(header(size=b"\xff" * 12) + END) == "archive_damaged"


def test_a_size_larger_than_the_archive_is_no_size(refusal):
    assert refusal(header(size=b"\x80" + b"\0" * 6 + b"\x7f" * 5) + b"x" * 512) == "archive_truncated"


@pytest.mark.parametrize(
    "record",
    [b"5 a=1\n", b"99 a=1\n", b"a=1\n", b"0 a=1\n", b"6 a=1x", b"-6 a=1\n", b"7 size=\n", b"10 size=-1\n", b"1" * 500],
)
def test_an_extended_header_that_is_none_is_damaged(refusal, record):
    data = header(size=b"%011o\0" % len(record), kind=b"x") + record.ljust(512, b"\0") + header() + END

    assert refusal(data) == "archive_damaged"


@pytest.mark.parametrize("key", ["path", "size"])
def test_a_name_or_size_for_all_entries_is_refused(refusal, key):
    data = tarfile.TarInfo.create_pax_global_header({key: "1"}) + tarred(("start.sh", SCRIPT))

    assert refusal(data) == "archive_damaged"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_an_archive"),
        (b"<html>log in</html>", "not_an_archive"),
        (zeros(2000), "not_an_archive"),
        (b"Rar!\x1a\x07\x01\x00", "archive_kind"),
        (b"7z\xbc\xaf\x27\x1c", "archive_kind"),
        (b"ALZ\x01", "archive_kind"),
        (b"EGGA", "archive_kind"),
        (gzip.compress(b"no tar", mtime=0), "archive_truncated"),
        (gzip.compress(b"no tar" * 100, mtime=0), "archive_damaged"),
    ],
)
def test_what_is_no_archive_that_we_read_is_said_to_be_so(refusal, data, reason):
    assert refusal(data) == reason


def test_a_link_a_pipe_or_a_folder_is_no_archive(tmp_path, into):
    (tmp_path / "real.zip").write_bytes(zipped({"x": b"1"}))
    (tmp_path / "link.zip").symlink_to("real.zip")
    os.mkfifo(tmp_path / "pipe.zip")
    for name, reason in (
        ("link.zip", "unreadable"),
        ("pipe.zip", "not_an_archive"),
        ("into", "not_an_archive"),
        ("nowhere.zip", "unreadable"),
    ):
        for read in (look_at, lambda path: unpack(path, into)):
            with pytest.raises(Refused) as refused:
                read(tmp_path / name)
            assert key_of(refused.value.what) == reason


def test_a_full_disk_is_not_the_archives_fault(tmp_path, into, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "archive").write_bytes(zipped({"a/x": b"1"}))
    monkeypatch.setattr(archives.os, "mkdir", full)

    with pytest.raises(OSError, match="No space left"):
        unpack(tmp_path / "archive", into)


def test_a_name_that_this_system_cannot_have_is_the_archives_fault(refusal, monkeypatch):
    truly = os.open

    def bad(path, flags, *rest, **more):
        if flags & os.O_CREAT:
            raise OSError(errno.EILSEQ, "Illegal byte sequence")
        return truly(path, flags, *rest, **more)

    monkeypatch.setattr(archives.os, "open", bad)

    assert refusal(zipped({"x": b"1"})) == "archive_name_strange"


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("kim.zip", ".zip"),
        ("kim.ZIP", ".ZIP"),
        ("kim.lee.tar.gz", ".tar.gz"),
        ("kim.tgz", ".tgz"),
        ("kim.alz", ".alz"),
        ("kim.txt", ""),
        ("zip", ""),
        (".zip", ""),
    ],
)
def test_a_name_is_known_for_an_archives_by_its_end(name, end):
    assert suffix(name) == end


# Private folders


def test_the_folder_is_private_and_gone_afterwards():
    with private_folder() as folder:
        (folder / "x").write_text("1")

        assert folder.stat().st_mode & 0o777 == 0o700
    assert not folder.exists()


def test_the_folder_is_gone_after_an_exception():
    with pytest.raises(KeyError), private_folder() as folder:
        raise KeyError

    assert not folder.exists()


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not(tmp_path, monkeypatch):
    code = (
        "import sys\nfrom graders.classes.private import private_folder\n"
        "with private_folder() as folder:\n    print(folder, flush=True)\n    sys.stdin.read()\n"
    )
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with process:
        left = process.stdout.readline().strip()
        with private_folder():
            while_it_lives = os.path.isdir(left)
        process.kill()
        process.wait()
        with private_folder():
            after_its_death = os.path.isdir(left)

    assert left.startswith(str(tmp_path))
    assert (while_it_lives, after_its_death) == (True, False)


def test_folders_that_are_made_and_removed_side_by_side_do_not_take_each_other(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def live(_):
        with private_folder() as folder:
            (folder / "x").write_text("1")
            return (folder / "x").read_text()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(live, range(400)))

    assert found == ["1"] * 400
    assert os.listdir(tmp_path) == []


# Anything at all


def hostile_name(dice):
    hostile = ["..", "C:", "\\", "..\\..", "\0", "", "n" * 300, "A"]
    harmless = [".", "a", "b", "c", "d", "e", "\u202e", "과", "__MACOSX", "~", "CON", "x."]
    return "/".join(dice.choice(hostile if dice.random() < 0.03 else harmless) for _ in range(dice.randint(1, 4)))


def hostile_zip(dice):
    entries = []
    for _ in range(dice.randint(1, 6)):
        content = dice.randbytes(dice.randint(0, 200))
        kinds = [stat.S_IFREG] * 20 + [0, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO]
        entry = {"name": hostile_name(dice).encode(), "content": content, "mode": dice.choice(kinds) | 0o777}
        if dice.random() < 0.5:
            entry |= {"method": 8, "packed": deflated(content)}
        entries.append(entry)
    return raw_zip(*entries)


def hostile_tar(dice):
    entries = []
    for _ in range(dice.randint(1, 6)):
        kinds = [tarfile.REGTYPE] * 20 + [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE]
        name = hostile_name(dice).replace("\0", "")
        entries.append(of_kind(name, dice.choice(kinds), linkname=dice.choice(["../..", "/etc", "a"])))
    data = tarred(*entries, format=dice.choice([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]))
    return dice.choice([bytes, gzip.compress, lzma.compress])(data)


def damaged(dice, data):
    """The same with some bytes changed, cut or doubled."""
    changed = bytearray(data)
    for _ in range(dice.choice([0, 0, 1, 3, 10])):
        if not changed:
            break
        at = dice.randrange(len(changed))
        match dice.randrange(3):
            case 0:
                changed[at] = dice.randrange(256)
            case 1:
                del changed[at : at + dice.randint(1, 100)]
            case 2:
                changed[at:at] = changed[at : at + dice.randint(1, 100)]
    return bytes(changed)


def test_whatever_is_in_an_archive_nothing_lands_outside_and_nothing_but_files_and_folders_inside(tmp_path, report):
    dice = random.Random(20261124)
    began, taken, refused = time.monotonic(), 0, 0
    limit = Limits(entries=50, bytes=10_000, single=5000, seconds=20)
    for number in range(3000):
        nest = tmp_path / f"{number}"
        into = nest / "deep" / "into"
        into.mkdir(parents=True)
        (nest / "archive").write_bytes(damaged(dice, dice.choice([hostile_zip, hostile_tar])(dice)))
        try:
            unpack(nest / "archive", into, limit)
            taken += 1
        except Refused:
            refused += 1
        statuses = [path.lstat() for path in into.rglob("*")]
        assert sorted(os.listdir(nest)) == ["archive", "deep"]
        assert os.listdir(nest / "deep") == ["into"]
        assert all(stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode) for status in statuses)
        assert sum(status.st_size for status in statuses if stat.S_ISREG(status.st_mode)) <= limit.bytes
        assert all(status.st_nlink == 1 for status in statuses if stat.S_ISREG(status.st_mode))
    assert sorted(os.listdir(tmp_path), key=int) == [str(number) for number in range(3000)]
    report(f"hostile archives: {taken} taken, {refused} refused, none outside, {time.monotonic() - began:.1f} s")

    assert min(taken, refused) > 100
