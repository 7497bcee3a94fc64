import io
import tarfile

from graders.dock import lending
from graders.dock.settings import host_name


def unpacked(archive):
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {entry.name: entry for entry in opened}


def packed(name, content):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


def test_a_dock_lends_no_files_unless_its_lab_asks():
    assert lending.lent(()) == []
    assert lending.lent(("network", "swarm")) == []


def test_the_folder_of_certificates_is_the_students_and_the_rest_of_the_engines_folder_is_not():
    found = unpacked(lending.add(packed("first", b"1"), lending.lent(("certificates",))))

    assert set(found) == {"first", "etc/docker/certs.d", "etc/docker/daemon.json"}
    assert found["etc/docker/certs.d"].isdir()
    assert found["etc/docker/certs.d"].uid == found["etc/docker/daemon.json"].uid == lending.STUDENT


def test_the_first_range_of_users_stays_what_root_in_a_container_is():
    (users, content), (groups, same) = lending.lent(("ownership",))

    assert (users.name, groups.name) == ("etc/subuid", "etc/subgid")
    assert content == same
    assert content.splitlines() == [b"dockremap:100000:65536", b"dockremap:1000:1"]
    assert users.uid == 0


def test_a_host_name_has_a_digit_for_each_sign_and_stays_without_one():
    assert host_name("dock") == "dock"
    assert host_name("harbor-###.test").removeprefix("harbor-").removesuffix(".test").isdigit()
