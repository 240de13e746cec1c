"""The three forms of a review: readable, of bounded length, and deaf to what a plan might try to say in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.shipping.review.plans import allow, change, plan, policy, review_of, settings

from shipping.review import markdown, page, terminal
from shipping.review.report import build_report, parse_report
from shipping.review.verdict import Review

HOSTILE = 'x"]\n<script>alert(1)</script> | `code` @everyone [a](javascript:b) \x1b[31m\u202e'


@pytest.fixture
def review() -> Review:
    return review_of(
        plan(
            change("module.lake.aws_s3_bucket.this", {"bucket": "b"}),
            change("module.a.aws_lambda_function.f", {"memory_size": 128}, {"memory_size": 256}),
            change("module.a.aws_iam_role_policy.p", {"policy": policy()}, {"policy": policy(allow("*"))}),
            change("aws_rds_cluster.dear", None, {"id": "x"}),
            *settings(2),
            resource_drift=[change("aws_s3_bucket.drifted", {"force_destroy": False}, {"force_destroy": True})],
            checks=[{"address": {"to_display": "check.health"}, "status": "fail"}],
            output_changes={"url": {"actions": ["update"]}},
        )
    )


def many(number: int = 3000) -> Review:
    return review_of(
        plan(*[change(f'module.m.aws_s3_bucket.this["{one:->90}"]', {"id": "b"}) for one in range(number)])
    )


def forms(review: Review) -> dict[str, str]:
    return {
        "terminal": terminal.shown(review, colours=False, page="build/review/dev/plan.html"),
        "markdown": markdown.shown(review),
        "page": page.shown(review),
    }


@pytest.mark.parametrize("form", ["terminal", "markdown", "page"])
def test_dangers_stand_before_money_and_money_before_the_rest(review: Review, form: str) -> None:
    """Who reads the first screen only must have read what cannot be undone."""
    text = forms(review)[form].replace("\\", "")
    body = text[text.find("<body>") :] if form == "page" else text
    places = [
        body.lower().find(word)
        for word in ("destroyed", "more rights", "usd a month</th>" if form == "page" else "forecast endpoint",
                     "changes by module", "changed outside of this code")
    ]  # fmt: skip

    assert -1 not in places
    assert places == sorted(places)
    for word in ("memory_size (128 -> 256)", "aws_rds_cluster", "check.health", "force_destroy (false -> true)"):
        assert word in text.replace("&gt;", ">")


def test_the_terminal_form_fits_into_100_columns_and_is_plain_without_a_terminal() -> None:
    """A log keeps escape codes as rubbish."""
    plain = terminal.shown(many(), colours=False, page="x")
    painted = terminal.shown(many(), colours=True, page="x")

    assert max(len(line) for line in plain.splitlines()) <= terminal.WIDTH
    assert "\033" not in plain
    assert terminal.RED in painted
    assert "and 2960 more" in plain


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_form_is_as_wide_as_the_terminal(review: Review, width: int) -> None:
    """A line that the terminal breaks by itself takes the columns of a table apart."""
    lines = terminal.shown(review, colours=False, page="x", width=width).splitlines()

    assert max(map(len, lines)) <= width
    end = next(line.index("after") + len("after") for line in lines if line.startswith("USD A MONTH"))
    rows = [line for line in lines if line.startswith(("Forecast endpoint ", "Jobs ", "all ", "ceiling "))]
    assert [line[end - 3] for line in rows] == ["."] * 4  # the cents stand below each other
    assert ("2 × ml.m5.large all month" in "\n".join(lines)) is (width == 120)  # unchanged, so only where there is room


def test_the_terminal_form_knows_no_markup(review: Review) -> None:
    """Somebody reads it in a terminal, a log or a mail, none of which renders anything."""
    text = terminal.shown(review, colours=False, page="x")

    assert not [sign for sign in ("\\", "**", "<details", "</", "&gt;", "|", "##") if sign in text]


def test_words_of_a_plan_get_no_line_of_their_own() -> None:
    """Blanks up to the edge would let a resource's name claim at a line's beginning that there are no dangers."""
    spoof = f'aws_s3_bucket.this["{" " * 90}No dangers were found.{chr(0xA0) * 90}\n0 to add"]'

    text = terminal.shown(review_of(plan(change(spoof, {"id": "b"}))), colours=False, page="x")

    assert 'this[" No dangers were found. ' in text
    assert not [line for line in text.splitlines() if line.lstrip().startswith(("No dangers", '0 to add"'))]


def test_a_report_comes_back_from_json_as_it_was(review: Review) -> None:
    """A build writes it, `make approve` reads it."""
    report = build_report(review)

    assert parse_report(json.loads(json.dumps(report.as_json()))) == report


@pytest.mark.parametrize(
    "change_it",
    [
        lambda found: found.pop("sections"),
        lambda found: found.update(title=None),
        lambda found: found.update(sections=7),
        lambda found: found["sections"][0].update(groups=[{"title": "", "entries": [[]]}]),
        lambda found: found["sections"][0].update(rows=[{"cells": ["all"], "style": ""}]),
        lambda found: found["sections"][0].update(notes=["text"]),
    ],
)
def test_a_report_of_another_form_is_refused(review: Review, change_it: Callable[[dict[str, Any]], object]) -> None:
    """Half a review reads like a harmless one."""
    found = json.loads(json.dumps(build_report(review).as_json()))
    change_it(found)

    with pytest.raises(ValueError, match="unknown form"):
        parse_report(found)


def test_a_report_that_somebody_else_wrote_is_shown_and_not_obeyed(review: Review) -> None:
    """It comes out of an artifact that the code of a pushed commit made."""
    found = json.loads(json.dumps(build_report(review).as_json()).replace("is destroyed", "\\u001b[2Jgone\\r\\ud800"))

    text = terminal.render(parse_report(found))

    assert "\N{REPLACEMENT CHARACTER}[2Jgone" in text
    assert text.encode()  # no surrogate, at which a terminal's encoding fails
    assert not set(text) & set("\x1b\r")


def test_a_comment_as_text_has_everything_and_no_markup(review: Review) -> None:
    """`make approve` shows it of a plan that an older commit's build reviewed."""
    text = markdown.as_text(markdown.shown(review))

    for words in ("Destroyed (1)", "More rights (1)", "memory_size (128 -> 256)", "add aws_rds_cluster.dear",
                  "price_book.toml does not know this type", "A check does not hold: check.health",
                  "aws_s3_bucket.drifted: force_destroy (false -> true)"):  # fmt: skip
        assert words in text
    assert not [sign for sign in ("\\", "**", "<details", "</", "&gt;", "|", "##", "`") if sign in text]


def test_markdown_fits_into_a_comment_however_much_a_plan_changes() -> None:
    """GitHub refuses a longer one, and then nobody reads anything."""
    text = markdown.shown(many())

    assert len(text) <= markdown.LONGEST + 1
    assert "Destroyed (3000)" in text
    assert " more, which the page tells" in text
    assert "3000 to destroy" in text


def test_the_page_tells_everything_and_needs_nothing_from_elsewhere() -> None:
    """An artifact is read years later, without a network."""
    text = page.shown(many())

    assert text.count("aws_s3_bucket.this[") == 6000  # as a danger, and in its module
    assert "http" not in text
    assert "<script" not in text
    assert "@media print" in text


def test_what_a_plan_says_is_shown_and_not_obeyed() -> None:
    """A stranger's pull request must not put a link, a script or a call into our comment."""
    review = review_of(
        plan(change(f'aws_s3_bucket.this["{HOSTILE}"]', {"id": "b"}, {"id": "b", "acl": "public-" + HOSTILE}))
    )

    shown = forms(review)

    assert "<script" not in shown["page"] + shown["markdown"].replace("`", "")[0:0]
    assert not [text for text in shown.values() if "\x1b" in text or "\u202e" in text]
    assert "@everyone" not in without_code(shown["markdown"])
    assert "](javascript" not in without_code(shown["markdown"])
    assert "<script" not in without_code(shown["markdown"])
    assert shown["markdown"].count("`") % 2 == 0


def without_code(text: str) -> str:
    return "".join(text.split("`")[::2])


class Balance(HTMLParser):
    """Whether every element that opens also closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed(review: Review) -> None:
    """One element left open swallows the rest of the page."""
    balance = Balance()

    balance.feed(page.shown(review))

    assert balance.open == []


def test_a_plan_without_changes_says_so() -> None:
    """An empty page looks like a broken one."""
    for text in forms(review_of(plan(*settings(1)))).values():
        assert "Nothing changes." in text
        assert "No dangers were found." in text


@pytest.mark.parametrize("review_", [review_of(plan(*settings(1))), many()], ids=["nothing", "much"])
def test_the_summary_is_one_short_line(review_: Review) -> None:
    """It becomes an approval's message and a variable of a pipeline."""
    assert len(review_.summary) <= 300
    assert "\n" not in review_.summary
    assert review_.summary.isascii()


def test_the_summary_counts_changes_dangers_and_money() -> None:
    """The person who approves sees this line and little else."""
    shown = plan(
        change("aws_iam_role_policy.p", {"policy": policy()}, {"policy": policy(allow("*"))}),
        change("aws_kms_key.k", None, {"id": "k"}), variables={"budget": {"monthly_limit_usd": 900}},
    )  # fmt: skip

    assert review_of(shown).summary == (
        "1 to add, 1 to change, 0 to destroy; dangers: 1 IAM widening; 0 -> 1 USD a month (ceiling 900)"
    )
