"""What a container sees of the network, as a record."""

import pytest

from graders.observe.network_namespaces import View, seen

DESK = View(
    4026532001, {"lo": ("127.0.0.1/8",), "eth0": ("10.90.3.20/24",), "eth1": ("172.18.0.2/16",)}, ("10.90.3.254",), ()
)


def test_addresses_leave_out_the_loopback_and_the_prefixes():
    assert DESK.addresses == ("10.90.3.20", "172.18.0.2")


@pytest.mark.parametrize(
    ("subnets", "expected"),
    [
        (("10.90.3.0/24",), True),
        (("10.90.4.0/24", "172.18.0.0/16"), True),
        (("127.0.0.0/8",), False),
        (("fd00::/64",), False),
        ((), False),
    ],
)
def test_a_container_is_on_a_network_where_it_has_an_address(subnets, expected):
    assert DESK.on(subnets) is expected


def test_a_view_says_its_inode_its_addresses_its_way_out_and_its_ports():
    says = View(7, {"lo": ("127.0.0.1/8",)}, (), (("0.0.0.0", 8080),)).says()

    assert says == "net:[7]  lo 127.0.0.1/8  default via -  listens 0.0.0.0:8080"


def test_evidence_has_a_line_for_each_container():
    assert seen({"desk": DESK, "clerk": DESK}).text == f"desk: {DESK.says()}\nclerk: {DESK.says()}"
