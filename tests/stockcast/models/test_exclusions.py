"""What is not evaluated is named in one line, whatever its number."""

from stockcast.models.exclusions import MAX_NAMES, Exclusion, summarize_exclusions


def test_excluded_symbols_are_counted_and_named_by_reason_in_one_line():
    """Sixty lines of exclusions would push the table that somebody waits for out of the terminal."""
    excluded = [
        Exclusion("YOUNG", "fewer than 290 bars", "YOUNG left out: fewer than 290 bars"),
        Exclusion("B", "split_jump", "B left out, split_jump: B moves from 2 to 1"),
        Exclusion("A", "split_jump", "A left out, split_jump: A moves from 4 to 2"),
        Exclusion("GONE", "no test day", "GONE is not judged: no test day"),
    ]

    assert summarize_exclusions(excluded, 60, "build/excluded.json") == (
        "excluded 4 of 60 symbols: split_jump (2): A, B; fewer than 290 bars (1): YOUNG; no test day (1): GONE "
        "(details in build/excluded.json)"
    )


def test_a_symbol_with_several_faults_counts_once():
    """The count says how many symbols are missing in the table."""
    excluded = [Exclusion("A", "twin", "A left out"), Exclusion("A", "split_jump", "A left out again")]

    assert summarize_exclusions(excluded, 2) == "excluded 1 of 2 symbols: twin (1): A"


def test_a_long_list_is_cut_only_where_a_file_has_all_of_it():
    """A name that stands nowhere is lost."""
    names = [f"S{number:02}" for number in range(MAX_NAMES + 32)]
    excluded = [Exclusion(name, "no test day", name) for name in names]

    cut = summarize_exclusions(excluded, 100, "excluded.json")
    whole = summarize_exclusions(excluded, 100)

    first = ", ".join(names[:8])
    assert cut == f"excluded 40 of 100 symbols: no test day (40): {first} and 32 more (details in excluded.json)"
    assert whole.endswith(": " + ", ".join(names))
    assert "\n" not in cut + whole
