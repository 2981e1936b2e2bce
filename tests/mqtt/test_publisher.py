"""A session, the publisher, and a real broker that comes and goes."""

# ruff: noqa: SIM117 - first the broker, inside it the session

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from qh1a.hazards import RULES
from qh1a.link import LinkClient, LinkLostError, Role
from qh1a.link.server import PERIOD_NS
from qh1a.mqtt import publisher
from qh1a.mqtt.allowed import pseudonym
from qh1a.mqtt.broker import Broker, load_broker
from qh1a.mqtt.publisher import Ending, publish
from qh1a.tick import Event, EventCode, Outcome, State
from tests.link.bench import ABOUT, Ward
from tests.mqtt.mosquitto import PRODUCT, Mosquitto, Subscriber, free_port

SESSION = {"plant": "SIM", "config": "abc", "seed": 7, "prescription": {"patient": {"subject": "SIM-001"}}}


class Bedside(Ward):
    """A session to which things happen."""

    def happen(self, *events: Event, state: State | None = None) -> None:
        decision = self.session.tick()._replace(events=events)
        if state is not None:
            session = decision.session._replace(state=state, outcome=Outcome.COMPLETED)
            decision = decision._replace(session=session)
        assert self.session.frame is not None
        self.wall.wall += PERIOD_NS
        self.link.observe(self.session.frame, (), decision)

    def alarms(self, first: int, count: int) -> None:
        for n in range(first, first + count):
            self.happen(Event(EventCode.ALARM_RAISED, RULES[0].id, float(n), "HIGH"))


@asynccontextmanager
async def published(
    folder: Path, broker: Broker
) -> AsyncIterator[tuple[Bedside, asyncio.Task[Ending], list[str]]]:
    said: list[str] = []
    path = folder / "s.sock"
    async with Bedside(path, about=SESSION) as ward, LinkClient(path, Role.MQTT) as client:
        task = asyncio.create_task(publish(client, broker, said.append))
        try:
            yield ward, task, said
        finally:
            task.cancel()
            await asyncio.wait({task})


async def test_a_session_from_online_to_ended(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as sub:
        async with published(tmp_path, broker.settings()) as (ward, task, said):
            assert await sub.hear() == (pseudonym("abc", 7), "status", "online")
            ward.alarms(1, 3)
            assert [(await sub.until("event")).json()["value"] for _ in range(3)] == [1.0, 2.0, 3.0]
            ward.happen(Event(EventCode.ENTERED, "patient", 1.0, "SIM-001"), state=State.ENDED)
            assert (await sub.until("event")).json()["code"] == "ENTERED"
            state = (await sub.until("state", '"ENDED"')).json()
            assert state["plant"] == "SIM"
            await sub.until("status", "ended")
            assert await task is Ending.ENDED
            assert said == []
        async with Subscriber(broker.port, "-i", "late") as late:  # what is retained tells who comes late
            assert {(await late.hear()).topic, (await late.hear()).topic} == {"state", "status"}
    assert broker.of(PRODUCT, "PUBLISH")
    assert broker.of("sub", "SUBSCRIBE")
    assert not broker.of(PRODUCT, "SUBSCRIBE")
    assert all("q1" in line for line in broker.of(PRODUCT, "PUBLISH"))


async def test_events_of_an_absence_arrive_once_and_in_order(tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    async with broker, Subscriber(broker.port) as sub, published(tmp_path, broker.settings()) as parts:
        ward, _task, said = parts
        await sub.until("status", "online")
        ward.alarms(1, 5)
        before = [(await sub.until("event")).json() for _ in range(5)]
        await broker.acknowledged("sub")
        await broker.__aexit__()
        ward.alarms(6, 20)
        await broker.__aenter__()
        ward.alarms(26, 5)
        after = [(await sub.until("event")).json() for _ in range(25)]
        assert [e["value"] for e in before + after] == [float(n) for n in range(1, 31)]
        assert [e["number"] for e in before + after] == list(range(1, 31))
        assert {e["dropped"] for e in before + after} == {0}
        assert [": ".join(s.split(": ")[1:]).split(",")[0] for s in said][-1] == "connected again"
        assert len(said) == 2


async def test_a_lost_link_leaves_offline(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as sub:
        async with published(tmp_path, broker.settings()) as (ward, task, _said):
            await sub.until("status", "online")
            await ward.link.close()
            await sub.until("status", "offline")
            assert await task is Ending.LOST


async def test_one_who_is_stopped_leaves_offline(tmp_path: Path) -> None:
    async with Mosquitto(tmp_path) as broker, Subscriber(broker.port) as sub:
        async with published(tmp_path, broker.settings()) as (_ward, task, _said):
            await sub.until("status", "online")
            task.cancel()
            await sub.until("status", "offline")
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_no_broker_at_the_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "FAREWELL_S", 0.2)
    nobody = Broker(1, "127.0.0.1", free_port(), tls=False)
    async with published(tmp_path, nobody) as (ward, task, said):
        ward.happen(state=State.ENDED)
        assert await task is Ending.UNSENT
        assert len(said) == 1
        assert "trying again" in said[0]


async def test_a_controller_that_does_not_say_its_session_is_refused(tmp_path: Path) -> None:
    nobody = Broker(1, "127.0.0.1", free_port(), tls=False)
    async with Ward(tmp_path / "s.sock", about=ABOUT), LinkClient(tmp_path / "s.sock", Role.MQTT) as client:
        with pytest.raises(LinkLostError, match="does not say which session"):
            await publish(client, nobody, print)


def certificates(folder: Path) -> None:
    """A CA, the broker's certificate for 127.0.0.1, a client's, and a stranger's of another CA."""

    def openssl(*args: str) -> None:
        subprocess.run(("openssl", *args), cwd=folder, check=True, capture_output=True)

    ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    for ca, names in (("ca", ("server", "client")), ("other", ("stranger",))):
        openssl("req", "-x509", *ec, "-keyout", f"{ca}.key", "-out", f"{ca}.pem", "-subj", f"/CN={ca}")
        for name in names:
            openssl("req", *ec, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
            (folder / "ext").write_text("subjectAltName=IP:127.0.0.1\n")
            openssl(
                "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key",
                "-CAcreateserial", "-out", f"{name}.pem", "-extfile", "ext",
            )  # fmt: skip


def secured(folder: Path, port: int, ca: str, name: str) -> Broker:
    path = folder / f"{name}-{ca}.toml"
    path.write_text(
        f'[broker]\nschema = 1\nhost = "127.0.0.1"\nport = {port}\ntls = true\nca_file = "{ca}.pem"\n'
        f'cert_file = "{name}.pem"\nkey_file = "{name}.key"\n'
    )
    return load_broker(path)


# paho leaves a socket whose handshake failed to the garbage collector.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <ssl.SSLSocket")
async def test_both_sides_show_a_certificate(tmp_path: Path) -> None:
    await asyncio.to_thread(certificates, tmp_path)
    server = (
        f"cafile {tmp_path}/ca.pem",
        f"certfile {tmp_path}/server.pem",
        f"keyfile {tmp_path}/server.key",
    )
    tls = (
        "--cafile",
        f"{tmp_path}/ca.pem",
        "--cert",
        f"{tmp_path}/client.pem",
        "--key",
        f"{tmp_path}/client.key",
    )
    async with Mosquitto(tmp_path, *server, "require_certificate true") as broker:
        async with Subscriber(broker.port, *tls) as sub:
            for ca, name in (("ca", "stranger"), ("other", "client")):
                async with published(tmp_path, secured(tmp_path, broker.port, ca, name)) as (
                    ward,
                    task,
                    said,
                ):
                    while not said:  # refused by the broker, or the broker refused
                        ward.happen()
                        await asyncio.wait({task}, timeout=0.02)
                assert not broker.of(PRODUCT, "CONNECT")
                assert not broker.of(PRODUCT, "PUBLISH")
            async with published(tmp_path, secured(tmp_path, broker.port, "ca", "client")) as (
                ward,
                task,
                said,
            ):
                assert (await sub.hear()).body == "online"
                ward.happen(state=State.ENDED)
                assert await task is Ending.ENDED
                assert said == []
