"""The ledger of what the running stack cannot exercise."""

import pytest
from tests.local.privilege import ledger
from tests.local.privilege.ledger import Entry

from localaws.privilege.decisions import Decision
from localaws.privilege.usage import Part, Use

ASKED = Decision("role/stockcast-local-train", "s3:GetObject", "arn:aws:s3:::lake/x", "us-east-1", (), "Allow")
PULL = Use(Part("train", "PullImage"), None)
PULL_TOO = Use(Part("serve", "PullImage"), None)
READ = Use(Part("train", "ReadInputs"), ASKED)
ONE_ACTION = Use(Part("train", "ReadInputs", action="s3:GetObjectVersion"), None)
REASON = "Images are never pulled on a machine without containers."


def entry(*roles: str, sid: str = "PullImage", **parts: tuple[str, ...]) -> Entry:
    return Entry(roles, sid, REASON, **parts)


def test_what_nothing_needs_and_nobody_explains_is_printed_as_it_has_to_be_written() -> None:
    """Known bad: a superfluous grant. Whoever sees the failure copies the lines, or better takes out the grant."""
    printed = ledger.missing([PULL, PULL_TOO, READ, ONE_ACTION], [])

    assert ledger.read(printed.replace("...", REASON)) == [
        entry("serve", "train"),
        entry("train", sid="ReadInputs", actions=("s3:GetObjectVersion",)),
    ]


def test_what_is_explained_is_not_told_again() -> None:
    explained = [entry("serve", "train"), entry("train", sid="ReadInputs", actions=("s3:GetObjectVersion",))]

    assert ledger.missing([PULL, PULL_TOO, READ, ONE_ACTION], explained) == ""
    assert ledger.stale([PULL, PULL_TOO, READ, ONE_ACTION], explained) == []


def test_an_entry_for_a_whole_statement_does_not_cover_one_action_of_it() -> None:
    assert "s3:GetObjectVersion" in ledger.missing([READ, ONE_ACTION], [entry("train", sid="ReadInputs")])


def test_an_entry_that_is_needed_by_now_is_stale() -> None:
    """Known bad: the excuse would go on hiding the day when the grant becomes superfluous in earnest."""
    stale = ledger.stale([READ], [entry("train", sid="ReadInputs")])

    assert stale == [
        'roles = ["train"], sid = "ReadInputs": s3:GetObject on arn:aws:s3:::lake/x needs it now; take it out'
    ]


@pytest.mark.parametrize(
    "gone", [entry("train", sid="Gone"), entry("train", "clean"), entry("train", actions=("ecr:BatchGetImage",))]
)
def test_an_entry_that_matches_no_statement_is_stale(gone: Entry) -> None:
    """Known bad: a statement was renamed or taken out and its excuse stayed."""
    stale = ledger.stale([PULL], [gone])

    assert len(stale) == 1
    assert "no policy has it" in stale[0]


def test_owners_go_by_what_follows_the_environments_prefix() -> None:
    """So that the file reads alike in any environment."""
    long = Use(Part("stockcast-local-train", "PullImage"), None)

    assert ledger.short(long, "stockcast-local") == PULL


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('roles = ["train"]\nsid = "PullImage"', "has no reason"),
        ('roles = ["train"]\nsid = "PullImage"\nreason = "..."', "has no reason"),
        (f'roles = []\nsid = "PullImage"\nreason = "{REASON}"', "is no entry"),
        (f'role = "train"\nsid = "PullImage"\nreason = "{REASON}"', "is no entry"),
    ],
)
def test_an_entry_without_a_reason_or_with_a_word_too_many_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        ledger.read(f"[[not_exercised]]\n{text}\n")


def test_every_reason_in_the_file_can_be_read() -> None:
    assert ledger.read(ledger.FILE.read_text())
