"""News are kept where they tell something, and dropped where they do not."""

import json
from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from tests.stockcast.generated import silver

from stockcast.features.indicators import features
from stockcast.features.targets import with_targets
from stockcast.sentiment.daily import NAMES

pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("tensorflow")]

SYMBOLS = ("AAPL", "GOOG")
QUICK = ("--lookback", "3", "--epochs", "0", "--folds", "1")  # the linear start: a network takes a minute


@pytest.fixture(scope="module")
def table():
    return silver(SYMBOLS, 1100, train=0.5, validation=0.15)


@pytest.fixture(scope="module")
def bars(table, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bars")
    table.write_parquet(folder / "part.parquet")
    return folder


def leave_news(folder, table, score_of):
    """An article at noon on two days of three, scored by a function of the day's row, as the source would answer."""
    for symbol in SYMBOLS:
        rows = with_targets(features(table.filter(pl.col("symbol") == symbol))).drop_nulls("v5_target").to_dicts()
        feed = [
            {
                "url": f"https://news.example/{symbol}/{row['date']}", "title": "", "summary": "",
                "time_published": f"{row['date']:%Y%m%d}T120000",
                "ticker_sentiment": [
                    {"ticker": symbol, "relevance_score": "0.9", "ticker_sentiment_score": f"{score_of(row):.4f}"}
                ],
            }
            for place, row in enumerate(rows) if place % 3
        ]  # fmt: skip
        for number, part in enumerate(np.array_split(np.array(feed, dtype=object), 2)):  # at most 1000 in one answer
            path = folder / f"symbol={symbol}" / f"{number}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"items": str(len(part)), "feed": part.tolist()}))
    return folder


def ablation(bars, news, out, *more):
    from training import ablate  # TensorFlow takes seconds to import

    ablate.main(["--bars", str(bars), "--news", str(news), "--out", str(out), *QUICK, *more])
    return json.loads((out / "ablation.json").read_text())


@pytest.fixture(scope="module")
def telling_news(table, tmp_path_factory):
    """News that hold a part of the coming week's volatility."""
    random = np.random.default_rng(3)
    told = lambda row: float(np.clip(0.4 * row["v5_target"] + 0.1 * random.standard_normal(), -1, 1))  # noqa: E731
    return leave_news(tmp_path_factory.mktemp("news"), table, told)


@pytest.fixture(scope="module")
def linear(bars, telling_news, tmp_path_factory):
    """The ablation of the linear start with these news."""
    return ablation(bars, telling_news, tmp_path_factory.mktemp("linear"))


def test_news_that_tell_of_the_coming_volatility_are_kept(linear):
    """An ablation that cannot see a planted signal would drop every real one."""
    assert linear["kept"] is True
    assert linear["qlike"]["every_seed_is_better"] is True
    assert linear["qlike"]["beside"]["without"]["all"]["ratio"] < 0.95
    assert linear["qlike"]["beside"]["placebo"]["all"]["dm_t"] <= -1.65
    assert linear["symbols"] == list(SYMBOLS)
    assert linear["inputs"] == list(NAMES)
    assert 0.5 < linear["days_with_news"] < 0.8


def test_news_of_chance_are_dropped(bars, table, tmp_path):
    """Four more inputs always fit the past better; that must not be enough."""
    random = np.random.default_rng(4)

    found = ablation(bars, leave_news(tmp_path, table, lambda row: random.uniform(-1, 1)), tmp_path)

    assert found["kept"] is False
    assert found["chance_of_order"] < 0.05
    assert set(found["pinball"]["beside"]["placebo"]) == {"1", "5", "21", "all"}


@pytest.mark.extended
def test_networks_learn_in_every_arm_from_every_seed(bars, telling_news, linear, tmp_path):
    """With one seed nothing can be kept, whatever it says: another one might say the opposite."""
    learned = ablation(bars, telling_news, tmp_path, "--epochs", "1", "--batch_size", "256", "--seeds", "4")

    assert learned["kept"] is False
    assert linear["kept"] is True
    for arm in ("with", "without", "placebo"):
        (loss,) = learned["qlike"]["by_seed"][arm]
        assert 0 < loss < 2
        assert loss != pytest.approx(linear["qlike"]["by_seed"][arm][0], rel=1e-6)


def test_every_part_is_judged_by_a_network_that_ended_before_it(table):
    """Walking forward, no target of the past may reach into the days that are judged."""
    from training import ablate

    from stockcast.models.training_set import training_set

    data = training_set(table, 5)
    dates, until = data.frame["date"].to_numpy(), data.frame["target_until"].to_numpy()

    first, second = ablate.walk(data, 5, 2)

    for fold in (first, second):
        assert until[fold.train].max() < dates[fold.validation].min()
        assert until[fold.validation].max() < dates[fold.judged].min()
    assert dates[first.judged].max() < dates[second.judged].min()
    assert len(second.train) > len(first.train)
    test = data.frame.filter((pl.col("split") == "test") & pl.col("v21").is_not_null())
    assert len(first.judged) + len(second.judged) == test.height


def test_the_scaler_of_the_news_sees_training_days_only_and_fills_with_their_mean():
    from training import ablate

    rows = np.array([[1.0, np.nan], [3.0, 4.0], [2.0, 6.0], [100.0, 100.0]])

    made = ablate.scaled(rows, rows[:3])

    assert made[0, 1] == 0  # their mean, after centring
    assert made[1, 1] == pytest.approx(-1)
    assert made[3].tolist() == [5, 5]  # cut, and of no influence


def test_the_placebo_has_the_same_news_on_other_days(table):
    """It must differ from the news in nothing but in what they are about."""
    from training import ablate

    news = np.arange(2.0 * table.height).reshape(-1, 2)

    dealt = ablate.dealt_out(news, table)

    for symbol in SYMBOLS:
        rows = (table["symbol"] == symbol).to_numpy()
        assert sorted(dealt[rows].tolist()) == sorted(news[rows].tolist())
        assert (dealt[rows] != news[rows]).mean() > 0.9


def test_a_folder_without_articles_is_refused(bars, tmp_path):
    """Two arms that see the same would tell "not kept" of news that nobody looked at."""
    (tmp_path / "symbol=AAPL.json").write_text('{"items": "0", "feed": []}')

    with pytest.raises(SystemExit, match="holds no article"):
        ablation(bars, tmp_path, tmp_path)


def test_tomorrow_s_news_are_on_no_row_of_today(table, tmp_path):
    """The join of the ablation itself, not only that of a day: one row's shift would make any news informative."""
    from training import ablate

    frame = table.filter(pl.col("symbol") == "AAPL").select("symbol", "date")
    day = frame["date"][500]
    entry = {
        "url": "https://news.example/1", "time_published": f"{day:%Y%m%d}T170000",
        "ticker_sentiment": [{"ticker": "AAPL", "relevance_score": "1", "ticker_sentiment_score": "0.7"}],
    }  # fmt: skip
    (tmp_path / "symbol=AAPL.json").write_text(json.dumps({"feed": [entry]}))

    rows = ablate.news_rows(frame, ablate.articles_in(tmp_path), ablate.SCORERS["alpha_vantage"]())

    has_news = np.flatnonzero(rows[:, NAMES.index("has_news")])
    assert has_news.tolist() == [501]
    assert frame["date"][501] > day + timedelta(days=0)
