"""Names and addresses of a job's hosts."""

from local_aws.sagemaker.jobs.cluster import host_addresses, host_names


def test_one_host_is_this_machine() -> None:
    assert host_addresses(host_names(1)) == {"algo-1": "127.0.0.1"}


def test_hosts_of_several_jobs_never_share_an_address() -> None:
    first, second = (host_addresses(host_names(100)) for _ in range(2))
    assert list(first) == [f"algo-{number}" for number in range(1, 101)]
    addresses = [*first.values(), *second.values()]
    assert len(set(addresses)) == 200
    assert all(address.startswith("127.") for address in addresses)
    assert "127.0.0.1" not in addresses
