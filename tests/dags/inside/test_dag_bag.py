"""The DAGs as Airflow sees them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.exceptions import ParamValidationError
from airflow.models.dagbag import DagBag
from airflow.timetables.base import TimeRestriction
from fakes import FakeSageMaker, raises_exactly, run_context, with_client
from wiring import tracking
from wiring.defaults import tell_failure
from wiring.names import job_name

ORDERS = {  # before -> after, where the order protects data or customers
    "forecast_prices": [
        ("fetch_bars", "clean_bars"),
        ("clean_bars", "train_first_model"),
        ("clean_bars", "write_forecasts"),
        ("choose", "write_forecasts"),
        ("train_first_model", "write_forecasts"),
        ("clean_bars", "check_quality"),
        ("check_quality", "train_first_model"),
        ("check_quality", "write_forecasts"),
        ("check_quality", "write_challengers"),
    ],
    "train_model": [
        ("train", "evaluate"),
        ("find_champion", "evaluate"),
        ("evaluate", "gate"),
        ("evaluate", "track"),
        ("track", "register"),
        ("gate", "register"),
        ("gate", "deploy"),
        ("register", "wait_for_approval"),
        ("wait_for_approval", "create_model"),
        ("create_model", "create_endpoint_config"),
        ("create_endpoint_config", "deploy"),
        ("deploy", "smoke_test"),
    ],
    "tune_model": [("tune", "propose")],
}


def test_every_dag_file_imports_without_errors_and_without_a_network(bag):
    assert bag.import_errors == {}
    assert set(bag.dags) == {"build_features", "forecast_prices", "train_model", "tune_model"}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("from airflow.sdk import Variable\nBUCKET = Variable.get('bronze_bucket')\n", "variable.py"),
        ("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", "tried to reach the network"),
    ],
    ids=["a Variable", "the network"],
)
def test_a_broken_dag_is_noticed(source, words, tmp_path):
    """The gate itself: a file that reads a Variable, or the network, while it is parsed must not import."""
    (tmp_path / "broken_dag.py").write_text(source)

    broken = DagBag(str(tmp_path), include_examples=False, safe_mode=False)

    assert len(broken.import_errors) == 1
    assert words in next(iter(broken.import_errors.values()))


def test_files_are_parsed_far_below_the_limit_of_30_seconds(parsed):
    bag, seconds = parsed
    for stat in bag.dagbag_stats:
        print(f"parsed {stat.file} in {stat.duration.total_seconds():.2f} s")
    print(f"parsed all in {seconds:.2f} s")
    assert seconds < 30


def test_the_vital_orders_hold(bag):
    for dag_id, orders in ORDERS.items():
        dag = bag.dags[dag_id]
        for before, after in orders:
            upstream = dag.get_task(after).get_flat_relative_ids(upstream=True)
            assert before in upstream, f"{dag_id}: {before} must come before {after}"


def test_every_task_retries_and_tells_when_it_is_finally_red(bag):
    for dag in bag.dags.values():
        for task in dag.tasks:
            if task.task_id == "tell_for_the_silent":
                continue
            assert task.on_failure_callback == [tell_failure], task.task_id
            assert task.owner == "stockcast", task.task_id
            # it waits for a run of another DAG, whose tasks have tries of their own
            expected = 0 if task.task_id == "train_first_model" else 2
            assert task.retries == expected, task.task_id


def test_one_task_looks_after_all_others_and_tells_nothing_of_its_own(bag):
    for dag in bag.dags.values():
        watcher = dag.get_task("tell_for_the_silent")
        assert watcher.upstream_task_ids == set(dag.task_dict) - {"tell_for_the_silent"}
        assert watcher.trigger_rule == "one_failed"
        assert not watcher.on_failure_callback
        assert watcher.retries == 0


def test_every_aws_task_speaks_as_the_execution_role_and_backs_off(bag):
    for dag in bag.dags.values():
        for task in dag.tasks:
            if hasattr(task, "aws_conn_id"):
                assert task.aws_conn_id is None, task.task_id
                assert "retries" in task.botocore_config, task.task_id


def test_a_function_is_asked_once_per_try_because_asking_again_would_run_it_twice(bag):
    for task_id in ("fetch_bars", "write_forecasts"):
        config = bag.dags["forecast_prices"].get_task(task_id).botocore_config
        assert config == {"read_timeout": 900, "retries": {"total_max_attempts": 1}}


def test_runs_follow_each_other_and_none_is_made_up_for(bag):
    for dag in bag.dags.values():
        assert dag.max_active_runs == 1
        assert dag.catchup is False
        assert dag.doc_md == __import__(dag.dag_id).__doc__


def test_a_dag_that_is_switched_on_waits_for_its_next_tick(bag):
    """A new environment would otherwise train before it has a single bar."""
    for dag in bag.dags.values():
        never_ran = TimeRestriction(earliest=dag.start_date, latest=None, catchup=dag.catchup)
        first = dag.timetable.next_dagrun_info(last_automated_data_interval=None, restriction=never_ran)
        if first is None:  # one that only people and other DAGs start
            assert dag.schedule is None, dag.dag_id
            continue
        assert first.run_after > datetime.now(UTC), dag.dag_id


def test_the_day_is_the_param_or_else_the_run_s_own(rendered):
    assert rendered("forecast_prices", "fetch_bars").payload == '{"day": "2026-03-07"}'
    assert rendered("forecast_prices", "fetch_bars", day="2013-03-01").payload == '{"day": "2013-03-01"}'
    assert rendered("forecast_prices", "train_first_model", day="2013-03-01").conf == {"day": "2013-03-01"}


@pytest.mark.parametrize("bad", ["yesterday", "2013-3-1", "2013-03-01T00:00", 20130301])
def test_the_param_refuses_what_is_no_day(bag, bad):
    param = bag.dags["train_model"].params.get_param("day")
    with raises_exactly(ParamValidationError):
        param.resolve(bad)


def test_no_template_is_left_unfilled_in_any_task(bag, rendered):
    for dag in bag.dags.values():
        for task in dag.tasks:
            done = rendered(dag.dag_id, task.task_id, day="2013-03-01")
            for field in task.template_fields:
                assert "{{" not in str(getattr(done, field, "")), f"{task.task_id}.{field}"


def test_clean_bars_reads_one_day_of_bronze_and_writes_silver_under_its_own_role(rendered):
    config = rendered("forecast_prices", "clean_bars", day="2013-03-01").config
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in config["ProcessingInputs"]}
    assert inputs == {"code": "<job_code>", "bronze": "s3://<bronze_bucket>/bars/day=2013-03-01/"}
    assert config["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "s3://<silver_bucket>/"
    assert config["RoleArn"] == "<clean_role>"
    arguments = config["AppSpecification"]["ContainerArguments"]
    assert arguments[-6:] == ["--symbols", "^GSPC,AAPL", "--sources", "<sources>", "--day", "2013-03-01"]


def test_the_check_looks_at_the_report_of_the_run_s_own_day(rendered):
    arguments = rendered("forecast_prices", "check_quality", day="2013-03-01").op_args
    assert list(arguments) == ["<silver_bucket>", "2013-03-01", "test"]


def test_challengers_are_told_from_clean_bars_into_gold_and_nothing_waits_for_them(rendered):
    """Prophet takes its time; no served forecast may wait for it, or fail with it."""
    task = rendered("forecast_prices", "write_challengers", day="2013-03-01")
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in task.config["ProcessingInputs"]}
    assert inputs == {"code": "<job_code>", "bars": "s3://<silver_bucket>/bars/"}
    assert task.config["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "s3://<gold_bucket>/"
    assert task.config["RoleArn"] == "<challenge_role>"
    arguments = task.config["AppSpecification"]["ContainerArguments"]
    assert arguments[-4:] == ["--day", "2013-03-01", "--model_version", task.config["ProcessingJobName"]]
    assert task.downstream_task_ids == {"tell_for_the_silent"}


def test_numbers_of_a_request_stay_numbers(rendered):
    """boto3 refuses "1" where it wants 1."""
    config = rendered("train_model", "train").config
    assert config["ResourceConfig"]["InstanceCount"] == 1
    assert config["StoppingCondition"] == {"MaxRuntimeInSeconds": 14400}


def test_evaluation_model_and_configuration_are_named_after_the_training_job(rendered):
    job = "stockcast-test-train-1"
    evaluate = rendered("train_model", "evaluate").config
    assert (
        evaluate["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        == f"s3://<models_bucket>/evaluation/{job}/"
    )
    assert rendered("train_model", "create_model").config["ModelName"] == job
    variant = rendered("train_model", "create_endpoint_config").config["ProductionVariants"][0]
    assert variant["ModelName"] == job
    assert rendered("train_model", "deploy").config == {"EndpointName": "<endpoint>", "EndpointConfigName": job}


def test_a_candidate_is_judged_beside_the_model_that_serves(rendered):
    find = rendered("train_model", "find_champion")
    model_data = "s3://models/training/j/output/model.tar.gz"
    assert list(find.op_args) == ["<endpoint>", "<model_package_group>", model_data], find.op_args
    assert rendered("train_model", "evaluate").champion == "arn:package"  # what the task before answered


def test_a_run_is_kept_under_the_job_s_name_and_goes_back_to_where_it_came_from(rendered):
    """One file for all runs: written elsewhere, every training would begin an empty history."""
    track = rendered("train_model", "track").config
    inputs = {each["InputName"]: each["S3Input"]["S3Uri"] for each in track["ProcessingInputs"]}
    assert inputs["mlflow"] == "<tracking_database>"
    assert inputs["evaluation"] == "s3://<models_bucket>/evaluation/stockcast-test-train-1/"
    assert track["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] == "s3://<models_bucket>/mlflow/"
    assert list(rendered("train_model", "find_run").op_args) == [
        "s3://<models_bucket>/mlflow/runs/stockcast-test-train-1.json", "<tracked>",
    ]  # fmt: skip


def test_a_record_that_could_not_be_kept_holds_no_model_back(bag):
    """The gate decides who serves; a full disk of the tracking job does not."""
    dag = bag.dags["train_model"]
    assert dag.get_task("find_run").trigger_rule == "all_done"
    assert "track" not in dag.get_task("gate").get_flat_relative_ids(upstream=True)
    assert tracking.run_of("s3://m/mlflow/runs/train-1.json", job="") == ""


def test_a_training_knows_the_commit_that_its_dag_came_from(rendered, monkeypatch, tmp_path):
    manifest = tmp_path / "manifest.json"
    monkeypatch.setattr(tracking, "MANIFEST", manifest)
    assert tracking.commit() == "unknown"

    manifest.write_text('{"commit": "3fa9c1d2", "files": {}}')

    assert rendered("train_model", "train").config["Environment"] == {"STOCKCAST_COMMIT": "3fa9c1d2"}


def test_disks_outputs_and_model_lie_under_our_key(rendered):
    """AWS's own key would do as well, and nobody could take it away."""
    for dag_id, task_id in (("forecast_prices", "clean_bars"), ("train_model", "evaluate"), ("train_model", "track")):
        config = rendered(dag_id, task_id).config
        assert config["ProcessingOutputConfig"]["KmsKeyId"] == "<kms_key>"
        assert config["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == "<kms_key>"
    train = rendered("train_model", "train").config
    assert train["OutputDataConfig"]["KmsKeyId"] == train["ResourceConfig"]["VolumeKmsKeyId"] == "<kms_key>"
    assert rendered("train_model", "create_endpoint_config").config["KmsKeyId"] == "<kms_key>"


def test_what_costs_is_on_the_environment_s_bill(rendered):
    """The budget counts what carries this tag; jobs and endpoint are most of it."""
    made = [("forecast_prices", "clean_bars")]
    made += [("train_model", task) for task in ("train", "evaluate", "track", "create_model", "create_endpoint_config")]
    for dag_id, task_id in made:
        assert {"Key": "Environment", "Value": "test"} in rendered(dag_id, task_id).config["Tags"], task_id
    assert {"Key": "Environment", "Value": "test"} in rendered("train_model", "deploy").tags


def test_the_endpoint_changes_and_grows_as_the_settings_say(rendered):
    deploy = rendered("train_model", "deploy")
    assert (deploy.deployment, deploy.scaling) == ("<endpoint_deployment>", "<endpoint_scaling>")


def test_the_configuration_asks_for_as_many_machines_as_the_setting_says(rendered):
    """boto3 refuses "2" where it wants 2, and a template gives text."""
    client = FakeSageMaker()
    asked = {}
    client.create_endpoint_config = lambda **request: (
        asked.update(request) or {"ResponseMetadata": {"HTTPStatusCode": 200}}
    )

    with_client(rendered("train_model", "create_endpoint_config"), client).execute({})

    assert asked["ProductionVariants"][0]["InitialInstanceCount"] == 2


def test_the_smoke_test_asks_for_the_first_symbol_as_keys_spell_it(rendered):
    assert rendered("train_model", "smoke_test").op_args[-1] == "index-GSPC"


def test_the_first_model_s_run_is_named_after_its_parent_and_has_no_date_of_its_own(rendered):
    task = rendered("forecast_prices", "train_first_model")
    assert task.trigger_run_id == "first_model__manual__2026-03-07T03:00:00+00:00_x1"
    assert task.logical_date is None
    assert task.reset_dag_run is True


def test_job_names_keep_aws_s_rules_for_any_run_id():
    """At most 63 of a-z, A-Z, 0-9 and single hyphens inside; run ids hold colons, pluses and up to 250 characters."""
    for run_id in ("manual__2026-03-07T03:00:00+00:00", "x" * 250, "ä/ö ü", "first_model__" + "a:b+c" * 40):
        for environment in ("dev", "a-rather-long-environment-name", "Pull_Request.17"):
            for try_number in (1, 12):
                run = run_context(run_id=run_id, try_number=try_number)
                name = job_name(environment, "evaluate", run["dag_run"], run["ti"])
                assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name), name
                assert len(name) <= 63, name
                assert name.endswith(f"-{try_number}"), name


def test_job_names_differ_by_run_try_step_and_life_of_the_database_and_else_repeat():
    def name(step: str = "train", born: int = 0, **run: Any) -> str:
        context = run_context(**run)
        dag_run = context["dag_run"]
        dag_run.start_date = dag_run.start_date.replace(minute=born)
        return job_name("dev", step, dag_run, context["ti"])

    assert name() == name()
    others = {name(), name(run_id="another"), name(try_number=2), name(step="evaluate"), name(born=1)}
    assert len(others) == 5
    assert name().startswith("stockcast-dev-train-20260307-")
