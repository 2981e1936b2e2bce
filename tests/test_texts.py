"""The catalogues of texts: whole, nothing left over, and every language says the same."""

# ruff: noqa: RUF001 - Chinese has its own stops

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Final

import pytest

from qh1a.channels import CHANNELS
from qh1a.config import ConfigError, root, to_tree
from qh1a.config.texts import Texts, interlocks, languages, load_texts, read_texts
from qh1a.control.checks import CHECKS
from qh1a.control.session import Refusal
from qh1a.gates import Gate
from qh1a.hazards import HAZARDS, RULES
from qh1a.node import NodeTrip
from qh1a.tick import (
    ACTUATORS,
    EventCode,
    IntentName,
    Outcome,
    PauseKind,
    Priority,
    Quality,
    Response,
    State,
)

TEXTS: Final = {language: load_texts(language) for language in ("en", "zh")}
EN, ZH = TEXTS["en"], TEXTS["zh"]
CONTROLS: Final = {control.ref for hazard in HAZARDS for control in hazard.controls}
KEYS: Final[Mapping[str, set[str]]] = {
    "rule": {rule.id for rule in RULES},
    "refusal": {refusal.name for refusal in Refusal},
    "gate": {gate.name for gate in Gate},
    "node": {trip.name for trip in NodeTrip if trip is not NodeTrip.NONE},
    "check": {check.state.name for check in CHECKS},
    "state": {state.name for state in State},
    "event": {code.name for code in EventCode},
    "priority": {priority.name for priority in Priority},
    "response": {response.name for response in Response},
    "outcome": {outcome.name for outcome in Outcome},
    "pause": {kind.name for kind in PauseKind},
    "intent": {name.name for name in IntentName},
    "quality": {quality.name for quality in Quality},
    "interlock": {"NONE", *(ref for ref in CONTROLS if re.fullmatch(r"I\d+", ref))},
    "actuator": {row.id for row in ACTUATORS},
    "channel": {row.id for row in CHANNELS},
}
DISTINCT: Final = (
    "state",
    "response",
    "outcome",
    "pause",
    "intent",
    "quality",
    "interlock",
    "actuator",
    "channel",
)
"""Tables in which two members of one name would be taken for each other."""
TAGS: Final = frozenset("mL min h mmHg g s N pH ACT TMP SIM RIG Q_b R2 zh I".split())
"""Words that are the same in every language: units, tags, names of plants, and the language itself."""
NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]*\d*")
SAME: Final = re.compile(r"Q_b|R2|CO2")
"""Tags with a figure in them, and a formula that only English writes; no figures of their own."""


def phrases(texts: Texts) -> dict[str, str]:
    """Every text of a catalogue by its dotted key."""
    return dict(_flat("", to_tree(texts)))


def _flat(prefix: str, tree: object) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, inner in tree.items():
            yield from _flat(f"{prefix}/{key}", inner)
    elif isinstance(tree, str):
        yield prefix, tree


def placeholders(text: str) -> Counter[str]:
    return Counter(name for _, name, _, _ in Formatter().parse(text) if name is not None)


BOTH: Final = [
    (key, text, phrases(ZH).get(key, "")) for key, text in phrases(EN).items() if key != "/language"
]
PAIRS: Final = pytest.mark.parametrize(
    ("english", "chinese"), [b[1:] for b in BOTH], ids=[b[0] for b in BOTH]
)


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("table", KEYS)
def test_every_member_has_its_entry_and_none_is_left_over(language: str, table: str) -> None:
    assert set(getattr(TEXTS[language], table)) == KEYS[table]


@pytest.mark.parametrize("language", TEXTS)
def test_every_check_has_its_entry_and_none_is_left_over(language: str) -> None:
    wanted = {(check.state.name, check.channel.name) for check in CHECKS}
    found = TEXTS[language].check
    assert {(state, channel) for state, rows in found.items() for channel in rows} == wanted


def test_no_table_of_the_catalogue_is_unknown_here() -> None:
    assert set(Texts.__dataclass_fields__) == {*KEYS, "schema", "language"}


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("table", DISTINCT)
def test_names_tell_members_apart(language: str, table: str) -> None:
    named = getattr(TEXTS[language], table)
    same = {name for name, n in Counter(named.values()).items() if n > 1}
    assert not same


@pytest.mark.parametrize("language", TEXTS)
def test_a_file_says_which_language_it_is(language: str) -> None:
    assert TEXTS[language].language == language
    assert language in languages()


def test_every_shipped_language_is_tested() -> None:
    assert set(languages()) == set(TEXTS)


@pytest.mark.parametrize("language", ["xx", "", "EN", "../texts/en", str(root() / "texts" / "en")])
def test_an_unknown_language_is_refused_by_name(language: str) -> None:
    with pytest.raises(ConfigError) as error:
        load_texts(language)
    assert "allowed en, zh" in str(error.value)


# -- two languages ------------------------------------------------------------------------------------------


def test_both_languages_have_the_same_keys() -> None:
    assert set(phrases(EN)) == set(phrases(ZH))


@PAIRS
def test_both_languages_have_the_same_figures(english: str, chinese: str) -> None:
    assert Counter(NUMBER.findall(SAME.sub("", chinese))) == Counter(NUMBER.findall(SAME.sub("", english)))


@PAIRS
def test_both_languages_have_the_same_placeholders(english: str, chinese: str) -> None:
    assert placeholders(chinese) == placeholders(english)


@PAIRS
def test_chinese_is_chinese(english: str, chinese: str) -> None:
    bare = re.sub(r"\{\w+\}", "", chinese)
    assert set(WORD.findall(bare)) <= TAGS
    assert re.search(r"[\u4e00-\u9fff]", bare)
    assert not re.search(r"[,;:?!()]|\.(?!\d)", bare), "a Western stop in a Chinese sentence"


@PAIRS
def test_english_is_english(english: str, chinese: str) -> None:
    assert english.isascii()


@pytest.mark.parametrize("language", TEXTS)
def test_what_machine_and_you_are_whole_sentences(language: str) -> None:
    for rule, text in TEXTS[language].rule.items():
        for said in (text.what, text.machine, text.you):
            assert said[-1] in ".。？?", rule
        assert text.title[-1] not in ".。", rule


@pytest.mark.parametrize("language", TEXTS)
def test_one_response_is_said_in_one_way(language: str) -> None:
    """Rules that say the same in English say the same in Chinese: what the machine did has one wording."""
    pairs = {(EN.rule[rule].machine, ZH.rule[rule].machine) for rule in EN.rule}
    side = 0 if language == "en" else 1
    assert len({pair[side] for pair in pairs}) == len(pairs)


# -- lengths ------------------------------------------------------------------------------------------------

LONG: Final = [
    ("title", "x" * 48, "x" * 49),
    ("you", "x" * 200, "x" * 201),
    ("P_ven", "x" * 28, "x" * 29),
    ("TREAT", "x" * 48, "x" * 49),
]


@pytest.mark.parametrize(("key", "fits", "is_too_long"), LONG)
def test_a_text_that_no_screen_has_room_for_is_refused(
    tmp_path: Path, key: str, fits: str, is_too_long: str
) -> None:
    shipped = (root() / "texts" / "en.toml").read_text(encoding="utf-8")
    path = tmp_path / "my.toml"

    def read_with(text: str) -> Texts:
        changed, n = re.subn(rf'^{key} = ".*"$', f'{key} = "{text}"', shipped, count=1, flags=re.MULTILINE)
        assert n == 1
        path.write_text(changed, encoding="utf-8")
        return read_texts(path)

    assert fits in phrases(read_with(fits)).values()
    with pytest.raises(ConfigError, match=rf"{key}.*: allowed a text of 1 to {len(fits)} characters"):
        read_with(is_too_long)


# -- events -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("code", EventCode)
def test_every_event_is_told_with_what_it_carries(language: str, code: EventCode) -> None:
    said = TEXTS[language].told(code, "H01.1", 1234567.0, "HIGH")
    assert "{" not in said
    for name in placeholders(TEXTS[language].event[code.name]):
        value = {"subject": "H01.1", "value": "1.23457e+06", "detail": "HIGH"}.get(name, "")
        assert value in said


TOLD: Final = [
    (
        EventCode.STATE, "SAFE", 22.0, "STOP", "state SAFE: safe state, all stopped and clamped (STOP)",
        "状态 SAFE：安全状态，已停机并夹闭（STOP）",
    ),
    (EventCode.INTENT_TAKEN, "END", 1.0, "", "asked and done: end the treatment", "已按请求执行：结束治疗"),
    (
        EventCode.INTENT_REFUSED, "END", 1.0, "NO_ALARM",
        "refused: end the treatment. There is no such alarm.", "已拒绝：结束治疗。没有此报警。",
    ),
    (
        EventCode.ALARM_RAISED, "H01.1", 0.25, "HIGH",
        "HIGH H01.1 Air in the return line, at 0.25", "高 H01.1 回血管路有气泡，当时值 0.25",
    ),
    (
        EventCode.RESPONSE, "R2", 3.0, "H10.2",
        "response R2: stops plasma separation and return H10.2", "机器处置 R2：停止分浆和回输 H10.2",
    ),
    (
        EventCode.OUTCOME, "", 14400.04, "COMPLETED",
        "outcome: completed, 14400 s effective", "结果：完成，有效治疗 14400 s",
    ),
    (EventCode.GAP, "", 1.5, "", "the controller stood still for 1.5 s", "控制器停顿了 1.5 s"),
    (EventCode.INTERLOCK, "", 0.0, "", "interlocks in force: none", "生效的联锁：无"),
    (EventCode.INTERLOCK, "", 8193.0, "", "interlocks in force: I1, I14", "生效的联锁：I1, I14"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "subject", "value", "detail", "english", "chinese"), TOLD)
def test_an_event_in_words(
    code: EventCode, subject: str, value: float, detail: str, english: str, chinese: str
) -> None:
    assert EN.told(code, subject, value, detail) == english
    assert ZH.told(code, subject, value, detail) == chinese


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 0.0])
def test_no_interlock_in_what_is_no_figure(value: float) -> None:
    assert interlocks(value) == ()
